import { Injectable, Module } from '@nestjs/common';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { type OpenUnsigned, standardAuth } from '../../upstream/standard-auth.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { UpstreamModule } from '../../upstream/upstream.module.ts';
import type { PlatformConnector } from '../platform.ts';
import { FrendsAdapter } from './frends.adapter.ts';
import { FrendsChangesClient } from './frends.changes-client.ts';
import { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { explainFrends } from './frends.failure.ts';
import { FrendsRunsClient } from './frends.runs-client.ts';
import { StepData } from './frends.step-data.ts';

/** Opens connections to Frends. */
@Injectable()
export class FrendsConnector implements PlatformConnector<FrendsConfig> {
  readonly #upstreams: UpstreamFactory;

  constructor(upstreams: UpstreamFactory) {
    this.#upstreams = upstreams;
  }

  open(config: FrendsConfig): PlatformAdapter {
    let openUnsigned!: OpenUnsigned;
    const http = this.#upstreams.open(config, {
      title: 'Frends',
      explain: explainFrends,
      auth: (open) => {
        openUnsigned = open;
        return standardAuth(config.auth, open);
      },
    });
    const clients = {
      client: new FrendsClient(http, config),
      changes: new FrendsChangesClient(http),
      runs: new FrendsRunsClient(http, config),
      stepData: new StepData(openUnsigned, config),
    };
    return new FrendsAdapter(clients, config);
  }
}

@Module({ imports: [UpstreamModule], providers: [FrendsConnector], exports: [FrendsConnector] })
export class FrendsModule {}
