import { Module } from '@nestjs/common';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import { ConnectionsModule } from '../connections/connections.module.ts';
import { ExportsModule } from '../exports/exports.module.ts';
import { FilesModule } from '../files/files.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { PromotionsController } from './promotions.controller.ts';
import { PromotionsService } from './promotions.service.ts';

/** Promotions, as callers ask for them. */
@Module({
  imports: [ConnectionsModule, ExportsModule, FilesModule, LedgerModule, OperationsModule],
  controllers: [PromotionsController],
  providers: [AwaitedChanges, PromotionsService],
})
export class PromotionsModule {}
