import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { ProcessesModule } from '../processes/processes.module.ts';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import { BatchController } from './batch.controller.ts';
import { BatchService } from './batch.service.ts';
import { ChangeAnswers } from './change-answers.ts';
import { ChangesService } from './changes.service.ts';
import { DeploymentChangesController } from './deployment-changes.controller.ts';
import { ProcessChangesController } from './process-changes.controller.ts';
import { VersionChangesController } from './version-changes.controller.ts';

/** Changes of what platforms have defined. */
@Module({
  imports: [ConnectionsModule, LedgerModule, OperationsModule, ProcessesModule],
  controllers: [
    BatchController,
    ProcessChangesController,
    VersionChangesController,
    DeploymentChangesController,
  ],
  providers: [ChangesService, AwaitedChanges, ChangeAnswers, BatchService],
})
export class ChangesModule {}
