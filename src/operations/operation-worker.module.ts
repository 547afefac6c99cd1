import { Module } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { FilesModule } from '../files/files.module.ts';
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
  imports: [OperationRecordsModule, FilesModule],
  providers: [
    {
      provide: OPERATION_LEDGER,
      inject: [OperationStore, ConnectionRegistry, FallbackCells, OperationAudit, FILE_STORE, LOG],
      useFactory: (
        store: OperationStore,
        connections: ConnectionRegistry,
        cells: FallbackCells,
        audit: OperationAudit,
        stored: FileStore,
        log: Log,
      ) => {
        const changed = (connection: string): Promise<void> => cells.mark(connection);
        const openFile = (id: string): Promise<Readable> => stored.open(id);
        const removeFiles = async (ids: readonly string[]): Promise<void> => {
          const removals = await Promise.allSettled(ids.map((id) => stored.remove(id)));
          if (removals.some(({ status }) => status === 'rejected'))
            log.warn({ ids }, 'Files that were sent cannot be removed');
        };
        const files = { openFile, removeFiles };
        return new Ledger(operationLedger({ store, connections, changed, audit, files }), log);
      },
    },
    OperationsProcessor,
  ],
  exports: [OPERATION_LEDGER],
})
export class OperationWorkerModule {}
