import { Module } from '@nestjs/common';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { OperationAudit } from './operation-audit.ts';
import { operationLedger } from './operation-ledger.ts';
import { OperationRecordsModule } from './operation-records.module.ts';
import { OperationStore } from './operation-store.ts';
import { OPERATION_LEDGER, OperationsProcessor } from './operations.processor.ts';

/** What a worker does for operations. */
@Module({
  imports: [OperationRecordsModule],
  providers: [
    {
      provide: OPERATION_LEDGER,
      inject: [OperationStore, ConnectionRegistry, FallbackCells, OperationAudit, LOG],
      useFactory: (
        store: OperationStore,
        connections: ConnectionRegistry,
        cells: FallbackCells,
        audit: OperationAudit,
        log: Log,
      ) => {
        const changed = (connection: string): Promise<void> => cells.mark(connection);
        return new Ledger(operationLedger({ store, connections, changed, audit }), log);
      },
    },
    OperationsProcessor,
  ],
})
export class OperationWorkerModule {}
