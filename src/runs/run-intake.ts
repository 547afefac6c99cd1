import type { Connection } from '../connections/connection.ts';
import { formatId } from '../domain/ids.ts';
import { isEnd, type RunRecord } from '../domain/run.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { foreign, hasEndedSo, type KeptRun, seen } from './kept-run.ts';
import { isLate, type KnownRun, knownRuns } from './known-runs.ts';
import type { RunPlace } from './run-index.ts';
import { begunWith, forgetTwins } from './run-ledger.ts';
import { safelyMs } from './polls/run-polls.ts';
import type { RunStore } from './run-store.ts';

const minute = 60_000;

/** What platforms have shown of a run, and when. */
interface Shown {
  readonly run: RunRecord;
  /** In ms since 1970 by the clock of the store. */
  readonly now: number;
  /** Among others: a list may leave out what a run that has ended gave, and why it failed. */
  readonly isListed: boolean;
}

/** Brings what platforms show of runs into their records, and makes records for those that others have started. */
export class RunIntake {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** A run that was read by itself, perhaps one that others have started; gives the id of its record. */
  async take(connection: Connection, run: RunRecord): Promise<string> {
    const [id = ''] = await this.#takeAll(connection, [run], false);
    return id;
  }

  /** Runs as a list shows them. */
  async takeListed(connection: Connection, runs: readonly RunRecord[]): Promise<void> {
    await this.#takeAll(connection, runs, true);
  }

  /** Ids of their records, in their order. */
  async #takeAll(
    connection: Connection,
    runs: readonly RunRecord[],
    isListed: boolean,
  ): Promise<string[]> {
    const { index, records } = this.#store;
    const now = await records.now();
    const known = await knownRuns(this.#store, connection.id, runs);
    const places = await Promise.all(
      runs.map(async (run, at): Promise<RunPlace> => {
        const { id = '', record = null, correlationId = null } = known[at] ?? {};
        const shown = { run, now, isListed };
        if (record === null) return this.#make(connection, { id, correlationId }, shown);
        if (isLate(record)) return this.#join(connection, record, shown);
        if (record.doc.nativeId !== null) await this.#change(connection, record, shown);
        return { createdAt: Date.parse(record.doc.createdAt), id };
      }),
    );
    // Those that there were, too: who made them may have ended before they were in the order.
    await index.addMany(connection.id, places);
    return this.#withoutTwins(connection, runs, known);
  }

  /** A start may have been answered while its run was taken for one of others. */
  async #withoutTwins(
    { id: connection }: Connection,
    runs: readonly RunRecord[],
    known: readonly KnownRun[],
  ): Promise<string[]> {
    const made = runs.filter((_, at) => {
      const record = known[at]?.record ?? null;
      return record === null || isLate(record);
    });
    const again = await knownRuns(this.#store, connection, made);
    const twins = [...known, ...again].flatMap(({ id, twin }) =>
      twin === null ? [] : [{ id, twin }],
    );
    await forgetTwins(this.#store, connection, twins);
    const newest = new Map(made.map(({ nativeId }, at) => [nativeId, again[at]?.id]));
    return runs.map(({ nativeId }, at) => newest.get(nativeId) ?? known[at]?.id ?? '');
  }

  async #make(
    connection: Connection,
    { id, correlationId }: Pick<KnownRun, 'id' | 'correlationId'>,
    { run, now, isListed }: Shown,
  ): Promise<RunPlace> {
    const { records, polls } = this.#store;
    const known = { ...foreign(connection, run, now), correlationId };
    const doc = isListed && known.final ? { ...known, isUnread: true } : known;
    // Until its end it is looked at like one of our own, so that the list does not show it as it was.
    if (!doc.final) await polls.plan(connection.id, id, now + minute);
    await records.create({ id, doc, ledger: null, evidence: null });
    return { createdAt: Date.parse(doc.createdAt), id };
  }

  /** A start that was taken for never sent has begun after all; of several runs with its mark, one is its. */
  async #join(
    connection: Connection,
    { id, doc: { correlationId, createdAt } }: StoredRecord<KeptRun>,
    shown: Shown,
  ): Promise<RunPlace> {
    const { index, open, polls, records } = this.#store;
    const { run, now } = shown;
    await index.name(connection.id, run.nativeId, id);
    await polls.plan(connection.id, id, now + safelyMs);
    // The ledger has said that it was not sent: it takes it up to say what stands.
    await open.add(id, now);
    const joined = await records.change(id, (record) => {
      if (!isLate(record) || record.ledger === null) return null;
      const begun = begunWith(asWanted(record.doc), run.nativeId, now);
      return { doc: changed(begun, shown), ledger: { ...record.ledger, state: 'confirmed' } };
    });
    if (joined?.doc.nativeId !== run.nativeId) {
      await index.unname(connection.id, run.nativeId, id);
      const own = formatId(connection.id, run.nativeId);
      return this.#make(connection, { id: own, correlationId }, shown);
    }
    await polls.hurry(connection.id, id, now);
    return { createdAt: Date.parse(createdAt), id };
  }

  async #change(
    connection: Connection,
    { id, doc: kept }: StoredRecord<KeptRun>,
    shown: Shown,
  ): Promise<void> {
    const { records, polls } = this.#store;
    const { run, now, isListed } = shown;
    // It is read by itself before it is final.
    if (isListed && !kept.final && isEnd(run.status)) return polls.hurry(connection.id, id, now);
    const next = changed(kept, shown);
    if (next === kept) return;
    // Others have let it begin anew: it is open again.
    if (kept.final && !next.final) await polls.plan(connection.id, id, now + safelyMs);
    await records.change(id, ({ doc }) => {
      const newest = changed(doc, shown);
      return newest === doc ? null : { doc: newest };
    });
  }
}

/** What was stopped before it was sent is stopped when it comes all the same. */
function asWanted(doc: KeptRun): KeptRun {
  if (doc.status !== 'cancelled') return doc;
  const asked = doc.pendingCancel ?? { force: false, cascade: false };
  return { ...doc, isCancelling: true, pendingCancel: { ...asked, from: 'queued' } };
}

function changed(kept: KeptRun, { run, now, isListed }: Shown): KeptRun {
  if (!isListed) return seen(kept, run, now);
  if (isEnd(run.status) && (!kept.final || hasEndedSo(kept, run))) return kept;
  const next = seen(kept, run, now);
  return next !== kept && next.final ? { ...next, isUnread: true } : next;
}
