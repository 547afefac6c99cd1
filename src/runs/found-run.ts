import type { Connection } from '../connections/connection.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptRun } from './kept-run.ts';

/** A run that an id means. */
export interface FoundRun {
  readonly connection: Connection;
  readonly record: StoredRecord<KeptRun>;
  /** That it is as it was kept, as its platform could not be asked, or not in time. */
  readonly isStale?: boolean;
}
