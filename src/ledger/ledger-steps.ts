import type { Log } from '../telemetry/log.ts';
import type { Again, Failure, LedgerKind, LedgerTiming, Ready } from './ledger-kind.ts';
import { persistently } from './persistently.ts';
import { ProgressNotes, type Shown } from './progress-notes.ts';
import { isUnfetched, type LedgerEntry, type RecordChange, type StoredRecord } from './record.ts';

/** How long storing what was learnt is tried, in ms. */
const persistMs = 20_000;

const settled: ReadonlySet<LedgerEntry['state']> = new Set(['confirmed', 'rejected', 'not_sent']);
/** What is in doubt is not sent again either. */
const neverSent: ReadonlySet<LedgerEntry['state']> = new Set([...settled, 'unknown']);

/** Writes down how far a write has come, each step only where no other process has made one meanwhile. */
export class LedgerSteps<D extends object, R> {
  readonly #kind: LedgerKind<D, R>;
  readonly #timing: LedgerTiming;

  constructor(kind: LedgerKind<D, R>, timing: LedgerTiming) {
    this.#kind = kind;
    this.#timing = timing;
  }

  /** The time of the store, in ms since 1970, however long it takes to be had. */
  now(): Promise<number> {
    return persistently(() => this.#kind.store.now(), performance.now() + persistMs);
  }

  /** A receipt is proof, whatever was thought of the same sending meanwhile. */
  async confirm(record: StoredRecord<D>, entry: LedgerEntry, receipt: R): Promise<Again> {
    const until = performance.now() + persistMs;
    await persistently(() => this.#kind.beforeConfirmed(record, receipt), until);
    const stands = await persistently(
      () =>
        this.#change(record.id, (current) =>
          current.ledger?.token !== entry.token || isSettled(current.ledger)
            ? null
            : {
                ledger: { ...current.ledger, state: 'confirmed' },
                doc: this.#kind.show(current, { kind: 'confirmed', receipt }),
                dropEvidence: true,
              },
        ),
      until,
    );
    return this.#afterEnd(stands, receipt);
  }

  /** What follows once a record is settled; done again, it does no harm. */
  async settled(record: StoredRecord<D>, receipt: R | null = null): Promise<void> {
    if (record.ledger !== null && isSettled(record.ledger))
      await this.#kind.settled?.(record, receipt);
  }

  /** It has changed nothing upstream; `shown`: what a look right before has shown of it. */
  async end(
    id: string,
    entry: LedgerEntry,
    failure: Failure,
    shown: (doc: D) => D = (doc) => doc,
  ): Promise<Again> {
    return this.#settle(id, entry, (current) => ({
      ledger: { ...entry, state: failure.kind },
      doc: this.#kind.show({ ...current, doc: shown(current.doc) }, failure),
      dropEvidence: true,
    }));
  }

  /** Nothing of it has left, and its caller does not want it any more. */
  async stop(id: string, entry: LedgerEntry): Promise<Again> {
    return this.#settle(id, entry, (current) => ({
      ledger: { ...entry, state: 'not_sent' },
      doc: this.#kind.stopped?.(current) ?? current.doc,
      dropEvidence: true,
    }));
  }

  async #settle(
    id: string,
    entry: LedgerEntry,
    step: (current: StoredRecord<D>) => RecordChange<D>,
  ): Promise<Again> {
    return this.#afterEnd(await this.put(id, entry, step), null);
  }

  /** Where another process was faster, and goes on with it, this was no end: whoever waits for it waits on. */
  async #afterEnd(stands: StoredRecord<D> | null, receipt: R | null): Promise<Again> {
    if (stands === null) return null;
    if (stands.ledger !== null && !isSettled(stands.ledger)) return this.#timing.firstRetry;
    await persistently(() => this.settled(stands, receipt), performance.now() + persistMs);
    return null;
  }

  /** Stores a step, unless another process has made one meanwhile; gives the record as it is then, if it is there. */
  async put(
    id: string,
    entry: LedgerEntry,
    step: RecordChange<D> | ((current: StoredRecord<D>) => RecordChange<D>),
  ): Promise<StoredRecord<D> | null> {
    const change = (current: StoredRecord<D>): RecordChange<D> | null => {
      if (!isSame(current.ledger, entry) && !isWatched(current.ledger, entry)) return null;
      return typeof step === 'function' ? step(current) : step;
    };
    return persistently(() => this.#change(id, change), performance.now() + persistMs);
  }

  /** A step of a write that goes on, with what callers see of it; `ready`: what a look right before has brought. */
  stepped(
    current: StoredRecord<D>,
    ledger: LedgerEntry,
    ready: Ready<D> | null = null,
  ): RecordChange<D> {
    const { state } = ledger;
    const sent = ready === null ? { ledger } : { ledger, evidence: ready.evidence };
    if (state !== 'accepted' && state !== 'sending' && state !== 'sent') return sent;
    // What has begun does not wait for its turn any more.
    const step = state === 'accepted' && ledger.isBegun === true ? 'sent' : state;
    const shown = ready === null ? current : { ...current, doc: ready.shown(current.doc) };
    const doc = this.#kind.atStep?.({ ...shown, ledger }, step) ?? shown.doc;
    return doc === current.doc ? sent : { ...sent, doc };
  }

  /**
   * What is told of a write while it stands as `entry`: only what callers see of it is stored, and no more once anybody has
   * made a step.
   */
  notes(id: string, entry: LedgerEntry, log: Log): ProgressNotes<D> {
    const store = (shown: Shown<D>): Promise<unknown> =>
      this.#kind.store.change(id, (current) => {
        if (!isSame(current.ledger, entry)) return null;
        const doc = shown(current.doc);
        return doc === current.doc ? null : { doc };
      });
    return new ProgressNotes(store, this.#timing.progressEvery, (error) => {
      log.debug({ id, reason: String(error) }, 'How far a write has come could not be stored');
    });
  }

  /**
   * Stores what nobody but its sender knows of a try, however others have judged it meanwhile, unless it was settled or
   * another one has begun: without it, what somebody may still hold would count as absent, and be sent again. That is
   * tried for as long as it matters.
   */
  async learn(
    id: string,
    entry: LedgerEntry,
    learnt: Pick<LedgerEntry, 'mayBeLate' | 'isTaken'>,
    afterMs: number,
  ): Promise<void> {
    const learn = async (): Promise<void> => {
      const now = await this.#kind.store.now();
      await this.#change(id, (current) => {
        const { ledger } = current;
        if (ledger === null || !isTry(ledger, entry)) return null;
        const state = ledger.state === 'unknown' ? 'unknown' : 'sent';
        const sentUntil = Math.min(ledger.sentUntil ?? now, now + afterMs);
        const { token } = entry;
        return this.stepped(current, { ...ledger, ...learnt, state, token, sentUntil });
      });
    };
    await persistently(learn, performance.now() + this.#timing.late);
  }

  /** Of a write that is not sent any more. */
  async removeFiles({ state, files }: LedgerEntry): Promise<void> {
    if (files.length > 0 && neverSent.has(state)) await this.#kind.removeFiles(files);
  }

  /** In how many ms a write is tried, or looked for, again that this has been done for so often. */
  retryMs(times: number, longestMs = this.#timing.longestRetry): number {
    return Math.min(this.#timing.firstRetry * 2 ** Math.max(times - 1, 0), longestMs);
  }

  async #change(
    id: string,
    change: (current: StoredRecord<D>) => RecordChange<D> | null,
  ): Promise<StoredRecord<D> | null> {
    const record = await this.#kind.store.change(id, change);
    const ledger = record?.ledger ?? null;
    if (ledger !== null) await this.removeFiles(ledger);
    return record;
  }
}

/** Whether nothing more comes of a write. */
export function isSettled({ state }: LedgerEntry): boolean {
  return settled.has(state);
}

/** Whether a record stands as it was read, for all that sending is about. */
export function isSame(ledger: LedgerEntry | null, entry: LedgerEntry): boolean {
  if (ledger?.state !== entry.state || ledger.token !== entry.token) return false;
  // The files of one that was read without them may belong to it by now.
  if (isUnfetched(ledger) !== isUnfetched(entry)) return false;
  // What its sender has learnt meanwhile must not be written over.
  return (
    (ledger.mayBeLate === true) === (entry.mayBeLate === true) &&
    (ledger.isTaken === true) === (entry.isTaken === true)
  );
}

/** Whether somebody else has begun to look what becomes of what is being sent as `entry`: its sender knows better. */
function isWatched(ledger: LedgerEntry | null, entry: LedgerEntry): boolean {
  if (entry.state !== 'sending' || entry.token === null || ledger?.state !== 'sent') return false;
  return ledger.token === entry.token && ledger.mayBeLate !== true && ledger.isTaken !== true;
}

/** Whether a record still is about the try that was begun as `entry`, though others may have proved it absent. */
function isTry(ledger: LedgerEntry, entry: LedgerEntry): boolean {
  if (isSettled(ledger)) return false;
  return ledger.state === 'accepted' ? ledger.tries === entry.tries : ledger.token === entry.token;
}
