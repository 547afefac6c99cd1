import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Queue } from 'bullmq';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionsModule } from '../connections/connections.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import type { LedgerJob } from '../ledger/ledger.queue.ts';
import { QueueConnections } from '../redis/queue-connections.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { within } from '../timing/within.ts';
import { OperationAudit } from './operation-audit.ts';
import { OperationStore, PATIENT_OPERATION_STORE } from './operation-store.ts';
import { OperationQueues } from './operation-queues.ts';

const closeMs = 2_000;

/** What gateways and workers share of operations: their records, and the queue that they wait in. */
@Module({
  imports: [ConnectionsModule, LedgerModule],
  providers: [
    QueueConnections,
    {
      provide: OperationStore,
      inject: [RedisClients, GATEWAY_CONFIG],
      useFactory: ({ commands }: RedisClients, { redis }: GatewayConfig) =>
        new OperationStore(commands, redis.prefix, redis.minReplicas),
    },
    {
      provide: PATIENT_OPERATION_STORE,
      inject: [RedisClients, GATEWAY_CONFIG],
      useFactory: ({ patient }: RedisClients, { redis }: GatewayConfig) =>
        new OperationStore(patient, redis.prefix, redis.minReplicas),
    },
    {
      provide: OperationAudit,
      inject: [LOG],
      useFactory: (log: Log) => new OperationAudit(log),
    },
    {
      provide: OperationQueues,
      inject: [QueueConnections, LOG],
      useFactory: (redis: QueueConnections, log: Log) =>
        new OperationQueues((name) => {
          const queue = new Queue<LedgerJob>(name, redis.options());
          queue.on('error', (error) => {
            log.warn({ reason: error.message, queue: name }, 'A queue cannot reach Redis');
          });
          return queue;
        }),
    },
  ],
  exports: [
    ConnectionsModule,
    LedgerModule,
    QueueConnections,
    OperationStore,
    PATIENT_OPERATION_STORE,
    OperationAudit,
    OperationQueues,
  ],
})
export class OperationRecordsModule implements OnApplicationShutdown {
  readonly #queues: OperationQueues;

  constructor(@Inject(OperationQueues) queues: OperationQueues) {
    this.#queues = queues;
  }

  async onApplicationShutdown(): Promise<void> {
    await within(this.#queues.close(), closeMs);
  }
}
