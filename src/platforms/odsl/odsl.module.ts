import { Injectable, Module } from '@nestjs/common';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { type Authenticator, fixedHeaders } from '../../upstream/authenticator.ts';
import { type OpenUnsigned, standardAuth } from '../../upstream/standard-auth.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { UpstreamModule } from '../../upstream/upstream.module.ts';
import type { PlatformConnector } from '../platform.ts';
import { OdslAdapter } from './odsl.adapter.ts';
import { OdslChangesClient } from './odsl.changes-client.ts';
import { explainOdsl, OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';

/** Opens connections to OpenDataDSL. */
@Injectable()
export class OdslConnector implements PlatformConnector<OdslConfig> {
  readonly #upstreams: UpstreamFactory;

  constructor(upstreams: UpstreamFactory) {
    this.#upstreams = upstreams;
  }

  open(config: OdslConfig): PlatformAdapter {
    const http = this.#upstreams.open(config, {
      title: 'OpenDataDSL',
      headers: { 'x-odsl-environment': config.environment },
      explain: explainOdsl,
      auth: (open) => authenticator(config.auth, open),
    });
    const changes = new OdslChangesClient(http, config);
    return new OdslAdapter(new OdslClient(http, config), changes, config);
  }
}

function authenticator(auth: OdslConfig['auth'], open: OpenUnsigned): Authenticator {
  if (auth.type !== 'apiKey') return standardAuth(auth, open);
  return fixedHeaders(
    () => ({ 'x-odsl-email': auth.email, 'x-odsl-key': auth.key.reveal() }),
    () => [auth.key.reveal()],
  );
}

@Module({ imports: [UpstreamModule], providers: [OdslConnector], exports: [OdslConnector] })
export class OdslModule {}
