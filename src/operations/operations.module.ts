import { type BeforeApplicationShutdown, Inject, Module } from '@nestjs/common';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { OperationAcceptance } from './operation-acceptance.ts';
import { OperationFeed } from './operation-feed.ts';
import { OperationRecordsModule } from './operation-records.module.ts';
import { type OperationStore, PATIENT_OPERATION_STORE } from './operation-store.ts';
import { OperationsController } from './operations.controller.ts';
import { OperationsService } from './operations.service.ts';
import { WatchableOperations } from './watchable-operations.ts';

/** What the gateway does for callers. */
@Module({
  imports: [OperationRecordsModule],
  controllers: [OperationsController],
  providers: [
    {
      provide: OperationFeed,
      inject: [PATIENT_OPERATION_STORE, RedisClients, LOG],
      useFactory: async ({ records }: OperationStore, { subscriber }: RedisClients, log: Log) => {
        const feed = new OperationFeed(records, subscriber, log, 'an operation');
        await feed.open();
        return feed;
      },
    },
    OperationAcceptance,
    OperationsService,
    WatchableOperations,
  ],
  exports: [OperationAcceptance, OperationFeed, OperationsService, WatchableOperations],
})
export class OperationsModule implements BeforeApplicationShutdown {
  readonly #feed: OperationFeed;

  constructor(@Inject(OperationFeed) feed: OperationFeed) {
    this.#feed = feed;
  }

  /** Who waits is answered. */
  beforeApplicationShutdown(): void {
    this.#feed.close();
  }
}
