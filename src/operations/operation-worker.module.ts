import { Module } from '@nestjs/common';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { FilesModule } from '../files/files.module.ts';
import { Inspections } from '../files/inspections.ts';
import { SentFiles } from '../files/sent-files.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { OperationAudit } from './operation-audit.ts';
import { operationLedger } from './operation-ledger.ts';
import { OperationRecordsModule } from './operation-records.module.ts';
import { OperationStore } from './operation-store.ts';
import { OPERATION_LEDGER, OperationsProcessor } from './operations.processor.ts';
import { PromotedFiles, waitingInWorker } from './promoted-files.ts';

/** What a worker does for operations. */
@Module({
  imports: [OperationRecordsModule, FilesModule],
  providers: [
    {
      provide: PromotedFiles,
      inject: [FILE_STORE, Inspections, GATEWAY_CONFIG],
      useFactory: (store: FileStore, inspections: Inspections, { files }: GatewayConfig) =>
        new PromotedFiles({
          store,
          inspections,
          mostBytes: files.maxBytes,
          mostWaiting: waitingInWorker,
        }),
    },
    {
      provide: OPERATION_LEDGER,
      inject: [
        OperationStore,
        ConnectionRegistry,
        FallbackCells,
        OperationAudit,
        SentFiles,
        PromotedFiles,
        LOG,
      ],
      useFactory: (
        store: OperationStore,
        connections: ConnectionRegistry,
        cells: FallbackCells,
        audit: OperationAudit,
        files: SentFiles,
        promoted: PromotedFiles,
        log: Log,
      ) => {
        const changed = (connection: string): Promise<void> => cells.mark(connection);
        const tools = { store, connections, changed, audit, files, promoted };
        return new Ledger(operationLedger(tools), log);
      },
    },
    OperationsProcessor,
  ],
  exports: [OPERATION_LEDGER],
})
export class OperationWorkerModule {}
