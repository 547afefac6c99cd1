import { Module } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import { ConnectionsModule } from '../connections/connections.module.ts';
import { ExportsModule } from '../exports/exports.module.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { FilesModule } from '../files/files.module.ts';
import { Inspections } from '../files/inspections.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { PromotedFiles } from '../operations/promoted-files.ts';
import { PromotionsController } from './promotions.controller.ts';
import { PromotionsService } from './promotions.service.ts';

/** Plans are exported while their callers wait: so many of them wait for others at most. */
const plansWaiting = 8;

/** Promotions, as callers ask for them. */
@Module({
  imports: [ConnectionsModule, ExportsModule, FilesModule, LedgerModule, OperationsModule],
  controllers: [PromotionsController],
  providers: [
    AwaitedChanges,
    {
      provide: PromotedFiles,
      inject: [FILE_STORE, Inspections, GATEWAY_CONFIG],
      useFactory: (store: FileStore, inspections: Inspections, { files }: GatewayConfig) =>
        new PromotedFiles({
          store,
          inspections,
          mostBytes: files.maxBytes,
          mostWaiting: plansWaiting,
        }),
    },
    PromotionsService,
  ],
})
export class PromotionsModule {}
