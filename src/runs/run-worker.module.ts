import { Module } from '@nestjs/common';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { FilesModule } from '../files/files.module.ts';
import { FilesSweep } from '../files/files-sweep.ts';
import { SentFiles } from '../files/sent-files.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { RunAudit } from './run-audit.ts';
import { runLedger } from './run-ledger.ts';
import { RunPoller } from './polls/run-poller.ts';
import { RunPollsProcessor } from './polls/run-polls.processor.ts';
import { RunRecordsModule } from './run-records.module.ts';
import { RunStore } from './run-store.ts';
import { START_LEDGER, StartsProcessor } from './starts/starts.processor.ts';

/** What a worker does for runs: it sends starts, and looks what becomes of them. */
@Module({
  imports: [RunRecordsModule, FilesModule],
  providers: [
    {
      provide: START_LEDGER,
      inject: [RunStore, ConnectionRegistry, SentFiles, RunAudit, LOG],
      useFactory: (
        store: RunStore,
        connections: ConnectionRegistry,
        files: SentFiles,
        audit: RunAudit,
        log: Log,
      ) => new Ledger(runLedger(store, connections, files, audit), log),
    },
    {
      provide: RunPoller,
      inject: [RunStore, LOG],
      useFactory: (store: RunStore, log: Log) => new RunPoller(store, log),
    },
    StartsProcessor,
    FilesSweep,
    RunPollsProcessor,
  ],
})
export class RunWorkerModule {}
