import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { ProcessesModule } from '../processes/processes.module.ts';
import { ExportsController } from './exports.controller.ts';
import { ExportsService } from './exports.service.ts';
import { KnownItemsGuard } from './known-items.guard.ts';

/** Files of several versions. */
@Module({
  imports: [LedgerModule, ProcessesModule],
  controllers: [ExportsController],
  providers: [ExportsService, KnownItemsGuard],
  exports: [ExportsService],
})
export class ExportsModule {}
