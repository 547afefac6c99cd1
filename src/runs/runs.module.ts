import { type BeforeApplicationShutdown, Inject, Module } from '@nestjs/common';
import { closeAllStreams } from '../http/event-stream.ts';
import { ProcessesModule } from '../processes/processes.module.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { RunEventsController } from './run-events.controller.ts';
import { RunFeed } from './run-feed.ts';
import { RunListService } from './run-list.service.ts';
import { RunRecordsModule } from './run-records.module.ts';
import { RunStore } from './run-store.ts';
import { RunWritesController } from './run-writes.controller.ts';
import { RunWritesService } from './run-writes.service.ts';
import { RunsController } from './runs.controller.ts';
import { RunsService } from './runs.service.ts';
import { StartRunsService } from './start-runs.service.ts';

/** The runs of all connections. */
@Module({
  imports: [RunRecordsModule, ProcessesModule],
  controllers: [RunsController, RunWritesController, RunEventsController],
  providers: [
    {
      provide: RunFeed,
      inject: [RunStore, RedisClients, LOG],
      useFactory: async (store: RunStore, { subscriber }: RedisClients, log: Log) => {
        const feed = new RunFeed(store, subscriber, log);
        await feed.open();
        return feed;
      },
    },
    StartRunsService,
    RunsService,
    RunListService,
    RunWritesService,
  ],
})
export class RunsModule implements BeforeApplicationShutdown {
  readonly #feed: RunFeed;

  constructor(@Inject(RunFeed) feed: RunFeed) {
    this.#feed = feed;
  }

  /** Who watches comes back to another process. */
  beforeApplicationShutdown(): void {
    this.#feed.close();
    closeAllStreams();
  }
}
