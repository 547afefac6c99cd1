import { Module } from '@nestjs/common';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import { ConnectionsModule } from '../connections/connections.module.ts';
import { FilesModule } from '../files/files.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { ImportAcceptance } from './import-acceptance.ts';
import { ImportsController } from './imports.controller.ts';
import { ImportsService } from './imports.service.ts';

/** Imports, as callers ask for them. */
@Module({
  imports: [ConnectionsModule, FilesModule, LedgerModule, OperationsModule],
  controllers: [ImportsController],
  providers: [AwaitedChanges, ImportAcceptance, ImportsService],
})
export class ImportsModule {}
