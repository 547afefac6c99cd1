import { Injectable, Module } from '@nestjs/common';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import type { Authenticator } from '../../upstream/authenticator.ts';
import { type OpenUnsigned, standardAuth } from '../../upstream/standard-auth.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { UpstreamModule } from '../../upstream/upstream.module.ts';
import type { PlatformConnector } from '../platform.ts';
import { UipathAdapter } from './uipath.adapter.ts';
import { UipathClient } from './uipath.client.ts';
import type { UipathConfig } from './uipath.config.ts';
import { explainUipath } from './uipath.explain.ts';
import { passwordAuth } from './uipath.password.ts';

/** Opens connections to UiPath Orchestrator. */
@Injectable()
export class UipathConnector implements PlatformConnector<UipathConfig> {
  readonly #upstreams: UpstreamFactory;

  constructor(upstreams: UpstreamFactory) {
    this.#upstreams = upstreams;
  }

  open(config: UipathConfig): PlatformAdapter {
    const { tenantName } = config;
    const http = this.#upstreams.open(config, {
      title: 'UiPath Orchestrator',
      headers: tenantName === undefined ? {} : { 'x-uipath-tenantname': tenantName },
      explain: explainUipath,
      auth: (open) => authenticator(config, open),
    });
    return new UipathAdapter(new UipathClient(http, config), config);
  }
}

function authenticator({ auth, baseUrl }: UipathConfig, open: OpenUnsigned): Authenticator {
  return auth.type === 'password' ? passwordAuth(auth, open(baseUrl)) : standardAuth(auth, open);
}

@Module({ imports: [UpstreamModule], providers: [UipathConnector], exports: [UipathConnector] })
export class UipathModule {}
