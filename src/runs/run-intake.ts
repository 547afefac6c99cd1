import type { Connection } from '../connections/connection.ts';
import { formatId } from '../domain/ids.ts';
import type { RunRecord } from '../domain/run.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { foreign, hasEndedSo, type KeptRun, seen } from './kept-run.ts';
import { safelyMs } from './run-polls.ts';
import type { RunStore } from './run-store.ts';

const minute = 60_000;

/** Brings what platforms show of runs into their records, and makes records for those that others have started. */
export class RunIntake {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** A run that was read by itself; gives the id of its record. */
  async take(connection: Connection, run: RunRecord): Promise<string> {
    const [id = ''] = await this.#takeAll(connection, [run], () => true);
    return id;
  }

  /** Runs as a list shows them. */
  async takeListed(connection: Connection, runs: readonly RunRecord[]): Promise<void> {
    await this.#takeAll(connection, runs, isNewsInList);
  }

  /** Ids of their records, in their order. */
  async #takeAll(
    connection: Connection,
    runs: readonly RunRecord[],
    isNews: (kept: KeptRun, run: RunRecord) => boolean,
  ): Promise<string[]> {
    const { index, records } = this.#store;
    const now = await records.now();
    const [byNativeId, byMark] = await Promise.all([
      index.named(
        connection.id,
        runs.map(({ nativeId }) => nativeId),
      ),
      index.named(
        connection.id,
        runs.map(({ mark, nativeId }) => mark ?? nativeId),
      ),
    ]);
    const ids = runs.map(
      ({ nativeId }, at) => byNativeId[at] ?? byMark[at] ?? formatId(connection.id, nativeId),
    );
    const known = new Map((await records.readMany(ids)).map((record) => [record.id, record]));
    await Promise.all(
      runs.map(async (run, at) => {
        const id = ids[at] ?? '';
        const record = known.get(id);
        if (record === undefined) await this.#make(connection, id, run, now);
        else if (record.doc.nativeId !== null && isNews(record.doc, run))
          await this.#change(connection, record, run, now);
      }),
    );
    return ids;
  }

  async #make(connection: Connection, id: string, run: RunRecord, now: number): Promise<void> {
    const { index, records, polls } = this.#store;
    const doc = foreign(connection, run, now);
    // Until its end it is looked at like one of our own, so that the list does not show it as it was.
    if (!doc.final) await polls.plan(connection.id, id, now + minute);
    await records.create({ id, doc, ledger: null, evidence: null });
    await index.add(connection.id, { createdAt: Date.parse(doc.createdAt), id });
  }

  async #change(
    connection: Connection,
    { id, doc: kept }: StoredRecord<KeptRun>,
    run: RunRecord,
    now: number,
  ): Promise<void> {
    const next = seen(kept, run, now);
    if (next === kept) return;
    // Others have let it begin anew: it is open again.
    if (kept.final && !next.final) await this.#store.polls.plan(connection.id, id, now + safelyMs);
    await this.#store.records.change(id, ({ doc }) => {
      const newest = seen(doc, run, now);
      return newest === doc ? null : { doc: newest };
    });
  }
}

/** A list says less of a run that has ended than what was read of it before. */
function isNewsInList(kept: KeptRun, run: RunRecord): boolean {
  return !hasEndedSo(kept, run);
}
