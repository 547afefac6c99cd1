import type { Redis } from 'ioredis';
import { RecordFeed } from '../ledger/record-feed.ts';
import type { Log } from '../telemetry/log.ts';
import type { KeptRun } from './kept-run.ts';
import type { RunStore } from './run-store.ts';

/** Tells the watchers of this process what becomes of runs. */
export class RunFeed extends RecordFeed<KeptRun> {
  constructor({ records }: RunStore, subscriber: Redis, log: Log) {
    super(records, subscriber, log, 'a run');
  }
}
