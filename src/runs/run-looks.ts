import type { Connection } from '../connections/connection.ts';
import { UpstreamRejectedError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { WholeRun } from '../domain/run.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import { type KeptRun, seen } from './kept-run.ts';
import { RunIntake } from './run-intake.ts';
import type { RunStore } from './run-store.ts';
import { SharedReads } from './shared-reads.ts';

type Kept = StoredRecord<KeptRun>;

/** What a platform has shown of a run, and the record that it stands in. */
interface Look {
  readonly shown: WholeRun;
  readonly id: string;
}

/** One look at a run that others have started stands for all callers for so long, in ms. */
const sharedMs = 1_000;

/** Looks at single runs on their platforms for callers, and writes down what is new. */
export class RunLooks {
  readonly #store: RunStore;
  readonly #intake: RunIntake;
  readonly #looks = new SharedReads<Look | null>(sharedMs);

  constructor(store: RunStore) {
    this.#store = store;
    this.#intake = new RunIntake(store);
  }

  /** A run after its platform was looked at, now or, unless that must be, a moment ago; null where it has none. */
  async at(connection: Connection, nativeId: string, isNow: boolean): Promise<Kept | null> {
    const look = async (): Promise<Look | null> => {
      const signal = deadline(readTimeoutMs(connection));
      const shown = await connection.part('runs').get(nativeId, signal);
      if (shown === null) return null;
      return { shown, id: await stored(() => this.#intake.take(connection, shown)) };
    };
    const newest = await this.#looks.get(formatId(connection.id, nativeId), look, isNow);
    if (newest === null) return null;
    const { shown, id } = newest;
    const record = await stored(() => this.#store.records.read(id));
    if (record === null) return null;
    // What was seen stands in the record, and may have been overtaken there; only a start that is not confirmed waits for more.
    const doc = record.doc.nativeId === null ? seen(record.doc, shown, Date.now()) : record.doc;
    return { ...record, doc: { ...doc, native: shown.whole } };
  }

  /** A run that is kept, as its platform has it now. */
  now(connection: Connection, record: Kept): Promise<Kept> {
    return this.#kept(connection, record, true);
  }

  /** The same, now or a moment ago. */
  again(connection: Connection, record: Kept): Promise<Kept> {
    return this.#kept(connection, record, false);
  }

  /** A run whose end only a list has shown, with all that its platform says of it. */
  async whole(connection: Connection, record: Kept): Promise<Kept> {
    const { nativeId } = record.doc;
    try {
      const shown = nativeId === null ? null : await this.at(connection, nativeId, true);
      if (shown !== null) return shown;
    } catch (error) {
      if (!(error instanceof UpstreamRejectedError)) throw error;
    }
    // It is gone there, or not for us: nobody needs to ask again.
    const read = await stored(() =>
      this.#store.records.change(record.id, ({ doc }) =>
        doc.isUnread === true ? { doc: { ...doc, isUnread: undefined } } : null,
      ),
    );
    return read ?? record;
  }

  async #kept(connection: Connection, record: Kept, isNow: boolean): Promise<Kept> {
    const { nativeId } = record.doc;
    if (nativeId === null) return record;
    const shown = await this.at(connection, nativeId, isNow);
    // Its platform has forgotten it: what is known of it stands in its record.
    return shown ?? { ...record, doc: { ...record.doc, native: null } };
  }
}
