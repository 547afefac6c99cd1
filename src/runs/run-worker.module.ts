import { Module } from '@nestjs/common';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { NotFoundError } from '../domain/errors.ts';
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
  imports: [RunRecordsModule],
  providers: [
    {
      provide: START_LEDGER,
      inject: [RunStore, ConnectionRegistry, LOG],
      useFactory: (store: RunStore, connections: ConnectionRegistry, log: Log) =>
        new Ledger(
          runLedger(store, connections, (id) =>
            Promise.reject(new NotFoundError(`There is no file "${id}".`)),
          ),
          log,
        ),
    },
    {
      provide: RunPoller,
      inject: [RunStore, LOG],
      useFactory: (store: RunStore, log: Log) => new RunPoller(store, log),
    },
    StartsProcessor,
    RunPollsProcessor,
  ],
})
export class RunWorkerModule {}
