import type { Redis } from 'ioredis';
import { OpenRecords } from '../ledger/open-records.ts';
import { RecordStore } from '../ledger/record-store.ts';
import type { KeptOperation } from './kept-operation.ts';
import { OperationIndex } from './operation-index.ts';
import { Turns } from './turns.ts';

/** How long an operation is kept after its end, in ms. */
const operationKeepMs = 30 * 24 * 3_600_000;

/** The same over the connection of who can wait: watchers, and lists. */
export const PATIENT_OPERATION_STORE = Symbol('patient operation store');

/** Everything that Redis keeps of operations. */
export class OperationStore {
  readonly records: RecordStore<KeptOperation>;
  readonly index: OperationIndex;
  /** Those that are on their way. */
  readonly open: OpenRecords;
  readonly turns: Turns;

  constructor(redis: Redis, prefix: string, minReplicas = 0) {
    this.index = new OperationIndex(redis, prefix);
    this.open = new OpenRecords(redis, prefix, 'operation');
    this.records = new RecordStore<KeptOperation>(redis, {
      prefix,
      kind: 'operation',
      minReplicas,
      keepMs: ({ final }) => (final ? operationKeepMs : null),
      found: {
        key: () => this.index.key,
        place: ({ createdAt }) => Date.parse(createdAt),
      },
      openKey: this.open.key,
    });
    this.turns = new Turns(redis, prefix);
  }
}
