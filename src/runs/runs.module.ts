import {
  type BeforeApplicationShutdown,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { closeAllStreams } from '../http/event-stream.ts';
import { Afterwards } from '../ledger/afterwards.ts';
import { FilesModule } from '../files/files.module.ts';
import { ProcessesModule } from '../processes/processes.module.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { LogTails } from './logs/log-tails.ts';
import { RunLogController } from './logs/run-log.controller.ts';
import { RunLogs } from './logs/run-logs.ts';
import { FilesIntake } from './starts/files-intake.ts';
import { RunAcceptance } from './starts/run-acceptance.ts';
import { RunAttachmentsController } from './run-attachments.controller.ts';
import { RunEventsController } from './run-events.controller.ts';
import { RunFeed } from './run-feed.ts';
import { RunFilters } from './list/run-filters.ts';
import { RunListService } from './list/run-list.service.ts';
import { RunRecordsModule } from './run-records.module.ts';
import { PATIENT_RUN_STORE, type RunStore } from './run-store.ts';
import { RunWritesController } from './control/run-writes.controller.ts';
import { RunWritesService } from './control/run-writes.service.ts';
import { RunsController } from './runs.controller.ts';
import { RunsService, WATCHED_RUNS } from './runs.service.ts';
import { StartFilesController } from './starts/start-files.controller.ts';
import { StartFilesService } from './starts/start-files.service.ts';
import { StartRunsService } from './starts/start-runs.service.ts';
import { WatchableRuns } from './watchable-runs.ts';

/** The runs of all connections. */
@Module({
  imports: [RunRecordsModule, ProcessesModule, FilesModule],
  controllers: [
    RunsController,
    StartFilesController,
    RunWritesController,
    RunEventsController,
    RunLogController,
    RunAttachmentsController,
  ],
  providers: [
    {
      provide: RunFeed,
      inject: [PATIENT_RUN_STORE, RedisClients, LOG],
      useFactory: async (store: RunStore, { subscriber }: RedisClients, log: Log) => {
        const feed = new RunFeed(store, subscriber, log);
        await feed.open();
        return feed;
      },
    },
    {
      provide: RunLogs,
      inject: [RedisClients, GATEWAY_CONFIG],
      useFactory: ({ patient }: RedisClients, { redis }: GatewayConfig) =>
        new RunLogs(patient, redis.prefix),
    },
    {
      provide: WATCHED_RUNS,
      inject: [ConnectionRegistry, PATIENT_RUN_STORE, RunFeed],
      useFactory: (connections: ConnectionRegistry, store: RunStore, feed: RunFeed) =>
        new RunsService(connections, store, feed),
    },
    WatchableRuns,
    { provide: LogTails, inject: [LOG], useFactory: (log: Log) => new LogTails(log) },
    { provide: Afterwards, inject: [LOG], useFactory: (log: Log) => new Afterwards(log) },
    RunAcceptance,
    StartRunsService,
    FilesIntake,
    StartFilesService,
    RunsService,
    RunFilters,
    RunListService,
    RunWritesService,
  ],
  exports: [WatchableRuns],
})
export class RunsModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #feed: RunFeed;
  readonly #afterwards: Afterwards;

  constructor(@Inject(RunFeed) feed: RunFeed, @Inject(Afterwards) afterwards: Afterwards) {
    this.#feed = feed;
    this.#afterwards = afterwards;
  }

  /** Who waits is answered, and who watches comes back to another process. */
  beforeApplicationShutdown(): void {
    this.#feed.close();
    closeAllStreams();
  }

  /** What was learnt of requests that have been answered by now is stored, if that can be. */
  onApplicationShutdown(): Promise<void> {
    return this.#afterwards.close();
  }
}
