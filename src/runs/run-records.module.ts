import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Queue } from 'bullmq';
import { ReadCache } from '../catalogue/read-cache.ts';
import { within } from '../timing/within.ts';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionsModule } from '../connections/connections.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { type LedgerJob, ledgerQueue } from '../ledger/ledger.queue.ts';
import { QueueConnections } from '../redis/queue-connections.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { RunAudit } from './run-audit.ts';
import { PATIENT_RUN_STORE, RunStore } from './run-store.ts';
import { RunWindow } from './list/run-window.ts';
import { LEDGER_QUEUE } from './runs.queue.ts';

const closeMs = 2_000;

/** What gateways and workers share of runs: their records, and the queue that starts wait in. */
@Module({
  imports: [ConnectionsModule, LedgerModule],
  providers: [
    QueueConnections,
    {
      provide: RunStore,
      inject: [RedisClients, GATEWAY_CONFIG],
      useFactory: ({ commands }: RedisClients, { redis }: GatewayConfig) =>
        new RunStore(commands, redis.prefix, redis.minReplicas),
    },
    {
      provide: PATIENT_RUN_STORE,
      inject: [RedisClients, GATEWAY_CONFIG],
      useFactory: ({ patient }: RedisClients, { redis }: GatewayConfig) =>
        new RunStore(patient, redis.prefix, redis.minReplicas),
    },
    { provide: RunAudit, inject: [LOG], useFactory: (log: Log) => new RunAudit(log) },
    {
      provide: RunWindow,
      inject: [PATIENT_RUN_STORE, ReadCache],
      useFactory: (store: RunStore, cache: ReadCache) => new RunWindow(store, cache),
    },
    {
      provide: LEDGER_QUEUE,
      inject: [QueueConnections, LOG],
      useFactory: (redis: QueueConnections, log: Log) => {
        const queue = new Queue<LedgerJob>(ledgerQueue, redis.options());
        queue.on('error', (error) => {
          log.warn({ reason: error.message }, 'The queue of starts cannot reach Redis');
        });
        return queue;
      },
    },
  ],
  exports: [
    ConnectionsModule,
    QueueConnections,
    RunStore,
    PATIENT_RUN_STORE,
    RunAudit,
    RunWindow,
    LedgerModule,
    LEDGER_QUEUE,
  ],
})
export class RunRecordsModule implements OnApplicationShutdown {
  readonly #queue: Queue<LedgerJob>;

  constructor(@Inject(LEDGER_QUEUE) queue: Queue<LedgerJob>) {
    this.#queue = queue;
  }

  async onApplicationShutdown(): Promise<void> {
    await within(this.#queue.close(), closeMs);
  }
}
