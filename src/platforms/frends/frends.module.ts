import { Injectable, Module } from '@nestjs/common';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { standardAuth } from '../../upstream/standard-auth.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { UpstreamModule } from '../../upstream/upstream.module.ts';
import type { PlatformConnector } from '../platform.ts';
import { FrendsAdapter } from './frends.adapter.ts';
import { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { explainFrends } from './frends.failure.ts';

/** Opens connections to Frends. */
@Injectable()
export class FrendsConnector implements PlatformConnector<FrendsConfig> {
  readonly #upstreams: UpstreamFactory;

  constructor(upstreams: UpstreamFactory) {
    this.#upstreams = upstreams;
  }

  open(config: FrendsConfig): PlatformAdapter {
    const http = this.#upstreams.open(config, {
      title: 'Frends',
      explain: explainFrends,
      auth: (open) => standardAuth(config.auth, open),
    });
    return new FrendsAdapter(new FrendsClient(http, config), config);
  }
}

@Module({ imports: [UpstreamModule], providers: [FrendsConnector], exports: [FrendsConnector] })
export class FrendsModule {}
