import { Module } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { ChangeReceipt } from '../domain/change.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { OperationQueues } from '../operations/operation-queues.ts';
import { OperationRecordsModule } from '../operations/operation-records.module.ts';
import { OperationStore } from '../operations/operation-store.ts';
import { OperationWorkerModule } from '../operations/operation-worker.module.ts';
import { OPERATION_LEDGER } from '../operations/operations.processor.ts';
import { QueueConnections } from '../redis/queue-connections.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { ImportLine } from './import-line.ts';
import { IMPORT_LINES, ImportsProcessor } from './imports.processor.ts';

/** What a worker does for imports. */
@Module({
  imports: [OperationRecordsModule, OperationWorkerModule],
  providers: [
    {
      provide: IMPORT_LINES,
      inject: [
        OPERATION_LEDGER,
        OperationStore,
        OperationQueues,
        QueueConnections,
        ConnectionRegistry,
        GATEWAY_CONFIG,
        LOG,
      ],
      useFactory: (
        ledger: Ledger<KeptOperation, ChangeReceipt>,
        store: OperationStore,
        queues: OperationQueues,
        redis: QueueConnections,
        connections: ConnectionRegistry,
        { worker }: GatewayConfig,
        log: Log,
      ) =>
        connections
          .all()
          .filter(({ adapter }) => adapter.parts.import !== undefined)
          .map(
            ({ id }) =>
              new ImportLine(id, { ledger, store, queues, redis, log, drainMs: worker.drain }),
          ),
    },
    ImportsProcessor,
  ],
})
export class ImportWorkerModule {}
