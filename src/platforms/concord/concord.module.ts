import { Injectable, Module } from '@nestjs/common';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { type Authenticator, fixedHeaders } from '../../upstream/authenticator.ts';
import { type OpenUnsigned, standardAuth } from '../../upstream/standard-auth.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { UpstreamModule } from '../../upstream/upstream.module.ts';
import type { PlatformConnector } from '../platform.ts';
import { ConcordAdapter } from './concord.adapter.ts';
import { ConcordChangesClient } from './concord.changes-client.ts';
import { concordAccept, ConcordClient } from './concord.client.ts';
import type { ConcordConfig } from './concord.config.ts';
import { explainConcord } from './concord.explain.ts';
import { ConcordRunClient } from './concord.run-client.ts';

/** Opens connections to Concord. */
@Injectable()
export class ConcordConnector implements PlatformConnector<ConcordConfig> {
  readonly #upstreams: UpstreamFactory;

  constructor(upstreams: UpstreamFactory) {
    this.#upstreams = upstreams;
  }

  open(config: ConcordConfig): PlatformAdapter {
    const http = this.#upstreams.open(config, {
      title: 'Concord',
      headers: { accept: concordAccept },
      explain: explainConcord,
      auth: (open) => authenticator(config.auth, open),
    });
    const clients = {
      client: new ConcordClient(http),
      changes: new ConcordChangesClient(http),
      runs: new ConcordRunClient(http),
    };
    return new ConcordAdapter(clients, config);
  }
}

function authenticator(auth: ConcordConfig['auth'], open: OpenUnsigned): Authenticator {
  if (auth.type !== 'apiKey') return standardAuth(auth, open);
  const prefix = auth.scheme === 'bearer' ? 'Bearer ' : '';
  return fixedHeaders(
    () => ({ authorization: `${prefix}${auth.key.reveal()}` }),
    () => [auth.key.reveal()],
  );
}

@Module({ imports: [UpstreamModule], providers: [ConcordConnector], exports: [ConcordConnector] })
export class ConcordModule {}
