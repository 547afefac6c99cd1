import { Module } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { FilesModule } from '../files/files.module.ts';
import { FilesSweep } from '../files/files-sweep.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { runLedger } from './run-ledger.ts';
import { RunPoller } from './run-poller.ts';
import { RunPollsProcessor } from './run-polls.processor.ts';
import { RunRecordsModule } from './run-records.module.ts';
import { RunStore } from './run-store.ts';
import { START_LEDGER, StartsProcessor } from './starts.processor.ts';

/** What a worker does for runs: it sends starts, and looks what becomes of them. */
@Module({
  imports: [RunRecordsModule, FilesModule],
  providers: [
    {
      provide: START_LEDGER,
      inject: [RunStore, ConnectionRegistry, FILE_STORE, LOG],
      useFactory: (
        store: RunStore,
        connections: ConnectionRegistry,
        files: FileStore,
        log: Log,
      ) => {
        const openFile = (id: string): Promise<Readable> => files.open(id);
        const removeFiles = async (ids: readonly string[]): Promise<void> => {
          const removals = await Promise.allSettled(ids.map((id) => files.remove(id)));
          if (removals.some(({ status }) => status === 'rejected'))
            log.warn({ ids }, 'Files that were sent cannot be removed');
        };
        return new Ledger(runLedger(store, connections, { openFile, removeFiles }), log);
      },
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
