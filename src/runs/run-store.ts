import type { Redis } from 'ioredis';
import { OpenRecords } from '../ledger/open-records.ts';
import { RecordStore } from '../ledger/record-store.ts';
import type { KeptRun } from './kept-run.ts';
import { RunCoverages } from './list/run-coverage.ts';
import { RunIndex } from './run-index.ts';
import { RunPolls } from './polls/run-polls.ts';

/** How long a run is kept after its end, in ms. */
const runKeepMs = 30 * 24 * 3_600_000;

/** The same over the connection of who can wait: watchers, and what goes on behind. */
export const PATIENT_RUN_STORE = Symbol('patient run store');

/** Everything that Redis keeps of runs. */
export class RunStore {
  readonly records: RecordStore<KeptRun>;
  readonly index: RunIndex;
  readonly polls: RunPolls;
  readonly coverages: RunCoverages;
  /** Those whose start is still on its way. */
  readonly open: OpenRecords;

  constructor(redis: Redis, prefix: string, minReplicas = 0) {
    this.index = new RunIndex(redis, prefix);
    this.records = new RecordStore<KeptRun>(redis, {
      prefix,
      kind: 'run',
      minReplicas,
      keepMs: ({ final }) => (final ? runKeepMs : null),
      found: {
        key: ({ connection }) => this.index.key(connection, 'doubted'),
        place: ({ outcome, createdAt }) => (outcome === 'unknown' ? Date.parse(createdAt) : null),
      },
    });
    this.polls = new RunPolls(redis, prefix);
    this.coverages = new RunCoverages(redis, prefix);
    this.open = new OpenRecords(redis, prefix, 'run');
  }
}
