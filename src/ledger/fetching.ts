import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimitedError } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import type { Log } from '../telemetry/log.ts';
import { unsendable } from './failures.ts';
import type { Again, Fetched, LedgerKind, Refused } from './ledger-kind.ts';
import { isSame, type LedgerSteps } from './ledger-steps.ts';
import type { Shown } from './progress-notes.ts';
import type { LedgerEntry, StoredRecord } from './record.ts';
import type { Unsent } from './unsent.ts';

/** So often somebody looks whether what is fetched is still wanted. */
const lookMs = 1_000;
/** Fetching may cost as much as the first time. */
const longestPauseMs = 5 * 60_000;

/** Fetches the files of writes that were accepted without them. They belong to a write as soon as that is written down. */
export class Fetching<D extends object, R> {
  readonly #kind: LedgerKind<D, R>;
  readonly #steps: LedgerSteps<D, R>;
  readonly #unsent: Unsent<D, R>;
  readonly #log: Log;

  constructor(kind: LedgerKind<D, R>, steps: LedgerSteps<D, R>, unsent: Unsent<D, R>, log: Log) {
    this.#kind = kind;
    this.#steps = steps;
    this.#unsent = unsent;
    this.#log = log;
  }

  async fetch(
    record: StoredRecord<D>,
    entry: LedgerEntry,
    evidence: Native,
    closing: AbortSignal,
  ): Promise<Again> {
    const { id } = record;
    const begun: LedgerEntry = { ...entry, fetches: (entry.fetches ?? 0) + 1 };
    const unwanted = new AbortController();
    const over = new AbortController();
    const watched = this.#watch(id, begun, unwanted, over.signal);
    const notes = this.#steps.notes(id, begun, this.#log);
    const note = (shown: Shown<D>): void => {
      notes.note(shown);
    };
    let fetched: Fetched<D> | Refused;
    try {
      if (this.#kind.fetch === undefined) throw new Error(`nobody fetches the files of ${id}`);
      const signal = AbortSignal.any([unwanted.signal, closing]);
      const fetching = this.#kind.fetch(record, begun, evidence, signal, note);
      // What is written down of its end must not be overtaken.
      fetched = await fetching.finally(() => {
        notes.end();
      });
    } catch (error) {
      // Neither is a failure: somebody else goes on with it, or nobody wants it.
      if (closing.aborted || unwanted.signal.aborted) return this.#steps.retryMs(0);
      // Who has had no turn has not tried: it asks again as soon as it is told to.
      if (error instanceof RateLimitedError)
        return await this.#unsent.tryAgain(id, entry, error, this.#steps.retryMs(0));
      const pauseMs = this.#steps.retryMs(begun.fetches ?? 0, longestPauseMs);
      return await this.#unsent.tryAgain(id, begun, error, pauseMs);
    } finally {
      over.abort();
      await watched;
    }
    if ('refusal' in fetched) return this.#steps.end(id, begun, unsendable(fetched.refusal));
    return this.#keep(id, begun, fetched);
  }

  /** Somebody may have ended it, or fetched its files, meanwhile. */
  async #keep(id: string, entry: LedgerEntry, fetched: Fetched<D>): Promise<Again> {
    const { evidence, files, shown } = fetched;
    const ledger: LedgerEntry = {
      ...entry,
      fetches: null,
      failingSince: null,
      lastFailure: null,
      files,
    };
    const stands = await this.#steps.put(id, entry, (current) => {
      const step = this.#steps.stepped(current, ledger);
      const doc = shown(step.doc ?? current.doc);
      return { ...step, ...(doc === current.doc ? {} : { doc }), evidence };
    });
    const kept = new Set(stands?.ledger?.files ?? []);
    if (!files.every((file) => kept.has(file))) await fetched.letGo();
    return 0;
  }

  async #watch(
    id: string,
    entry: LedgerEntry,
    unwanted: AbortController,
    over: AbortSignal,
  ): Promise<void> {
    const passes = (): Promise<boolean> => sleep(lookMs, true, { signal: over }).catch(() => false);
    while (!unwanted.signal.aborted && (await passes())) {
      try {
        const record = await this.#kind.store.read(id);
        if (!isSame(record?.ledger ?? null, entry)) unwanted.abort(new Error('It is not wanted.'));
      } catch (error) {
        this.#log.warn({ id, reason: String(error) }, 'Whether it is still wanted cannot be seen');
      }
    }
  }
}
