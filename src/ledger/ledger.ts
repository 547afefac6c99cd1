import { randomUUID } from 'node:crypto';
import { GatewayError, UpstreamTimeoutError } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import type { CertainWrite, Departure, Reconciliation } from '../domain/write.ts';
import type { Log } from '../telemetry/log.ts';
import { deadline } from '../timing/deadline.ts';
import {
  isRefusal,
  isUnsent,
  neverArrived,
  nothingToSend,
  notSentInTime,
  reasonOf,
} from './failures.ts';
import {
  type Again,
  defaultLedgerTiming,
  type Failure,
  type LedgerKind,
  type LedgerTiming,
} from './ledger-kind.ts';
import { persistently } from './persistently.ts';
import type { LedgerEntry, RecordChange, StoredRecord } from './record.ts';

/** How many of its requests a look for a write may last, where its platform says nothing else. */
const requestsPerLook = 3;
/** How long storing what was learnt is tried, in ms. */
const persistMs = 20_000;

const settled: ReadonlySet<LedgerEntry['state']> = new Set(['confirmed', 'rejected', 'not_sent']);
/** What is in doubt is not sent again either. */
const neverSent: ReadonlySet<LedgerEntry['state']> = new Set([...settled, 'unknown']);

/** A moment by both clocks: one of them stands still while the machine sleeps, the other can be set. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

type Undecided = Extract<Reconciliation<never>, { state: 'undecided' }>;

/** What is known of a write that was taken, whatever is found. */
const taken = 'The platform took it without naming what it made of it.';
const unseen: Undecided = { state: 'undecided', why: 'It shows nothing of it.', candidates: [] };

/**
 * Sends each write once, or finds out what became of it. It alone calls `send` and `reconcile`; any process may take up
 * any record at any time, after a crash of whoever had it.
 */
export class Ledger<D extends object, R> {
  readonly #kind: LedgerKind<D, R>;
  readonly #log: Log;
  readonly #timing: LedgerTiming;

  constructor(kind: LedgerKind<D, R>, log: Log, timing: LedgerTiming = defaultLedgerTiming) {
    this.#kind = kind;
    this.#log = log;
    this.#timing = timing;
  }

  /** Does what is to be done for a record now. */
  async advance(id: string): Promise<Again> {
    const askedAt = { monotonic: performance.now(), wall: Date.now() };
    const now = await this.#kind.store.now();
    const record = await this.#kind.store.read(id);
    const entry = record?.ledger ?? null;
    if (record === null || entry === null) return null;
    if (settled.has(entry.state)) {
      await this.#removeFiles(entry);
      return null;
    }
    if (entry.state === 'accepted') return this.#take(record, entry, now, askedAt);
    const answerBy = entry.sentUntil ?? now;
    // Of what may still be leaving nothing is known; an answer that was lost may have left its mark already.
    if (entry.state === 'sending' && now < answerBy) return answerBy - now;
    return this.#reconcile(record, entry, now);
  }

  /** Makes sure that nobody else sends it, and sends it. */
  async #take(
    record: StoredRecord<D>,
    entry: LedgerEntry,
    now: number,
    askedAt: Moment,
  ): Promise<Again> {
    const stopped = this.#kind.stopped?.(record) ?? null;
    if (stopped !== null) return this.#stop(record.id, entry);
    if (now < entry.notBefore) return entry.notBefore - now;
    if (now >= entry.deadline) return this.#end(record.id, entry, notSentInTime(entry));
    const write = this.#write(entry);
    if (write instanceof Error) return this.#unsent(record.id, entry, write);
    const evidence = await this.#kind.store.evidence(record.id);
    if (evidence === null) return this.#end(record.id, entry, nothingToSend());
    const sendBy = now + this.#timing.sendWindow;
    const claimed: LedgerEntry = {
      ...entry,
      state: 'sending',
      token: randomUUID(),
      sendBy,
      sentFrom: now,
      sentUntil: sendBy + requestMs(write, evidence),
      ...waitOf(write, evidence),
      tries: entry.tries + 1,
      absentSince: null,
    };
    const lastMoment = momentAfter(askedAt, this.#timing.sendWindow);
    try {
      if (!(await this.#claim(record.id, entry, claimed, lastMoment)))
        return this.#timing.sendWindow;
    } catch (error) {
      // Whether or not it was stored: nothing leaves under this token.
      return this.#unsent(record.id, claimed, error);
    }
    let receipt: R;
    try {
      const mostMs = this.#timing.sendWindow + requestMs(write, evidence);
      receipt = await write.send(evidence, this.#departure(mostMs, lastMoment));
    } catch (error) {
      return this.#failed(record.id, claimed, write, error);
    }
    if (this.#kind.names?.(receipt) === false) return this.#nameless(record.id, claimed);
    return this.#confirm(record, claimed, receipt);
  }

  /** Whether the record is this process's to send; asked again, it is found to be so already. */
  async #claim(
    id: string,
    entry: LedgerEntry,
    claimed: LedgerEntry,
    lastMoment: Moment,
  ): Promise<boolean> {
    const taken = await persistently(
      () =>
        this.#kind.store.change(
          id,
          ({ ledger }) => (isSame(ledger, entry) ? { ledger: claimed } : null),
          { durable: true },
        ),
      lastMoment.monotonic,
    );
    return taken?.ledger?.token === claimed.token;
  }

  #departure(mostMs: number, lastMoment: Moment): Departure {
    return {
      signal: deadline(mostMs),
      permit: () => {
        if (performance.now() < lastMoment.monotonic && Date.now() < lastMoment.wall) return;
        throw new UpstreamTimeoutError('It could not be written in its time.', { sent: 'no' });
      },
      openFile: (file) => this.#kind.openFile(file),
    };
  }

  async #failed(
    id: string,
    entry: LedgerEntry,
    { timeoutMs }: CertainWrite<R>,
    error: unknown,
  ): Promise<Again> {
    if (isUnsent(error)) return this.#unsent(id, entry, error);
    if (isRefusal(error)) return this.#end(id, entry, { kind: 'rejected', problem: error });
    if (!(error instanceof GatewayError))
      this.#log.error({ id, err: error }, 'A write failed in the gateway itself');
    const until = performance.now() + persistMs;
    const now = await persistently(() => this.#kind.store.now(), until);
    // Nothing more of it leaves: what has arrived is worked on for as long as any request, however long its files took.
    const sentUntil = Math.min(entry.sentUntil ?? now, now + timeoutMs);
    await this.#put(id, entry, { ledger: { ...entry, state: 'sent', sentUntil } });
    this.#log.warn({ id, reason: reasonOf(error) }, 'No answer came; what happened is looked up');
    return this.#timing.firstRetry;
  }

  /** The platform has taken it, and does not say what it made of it. */
  async #nameless(id: string, entry: LedgerEntry): Promise<Again> {
    const until = performance.now() + persistMs;
    const sentUntil = await persistently(() => this.#kind.store.now(), until);
    const ledger: LedgerEntry = { ...entry, state: 'sent', sentUntil, isTaken: true };
    await this.#put(id, entry, { ledger });
    this.#log.warn({ id }, 'The answer does not name what was made; it is looked up');
    return this.#timing.firstRetry;
  }

  /** It is tried again, at the latest when it is too late for that, which somebody has to write down. */
  async #unsent(id: string, entry: LedgerEntry, error: unknown): Promise<Again> {
    const lastFailure = reasonOf(error);
    await this.#put(id, entry, {
      ledger: { ...entry, state: 'accepted', token: null, lastFailure },
    });
    this.#log.warn({ id, reason: lastFailure }, 'Nothing was sent; it is tried again');
    const told = error instanceof GatewayError ? error.details.retryAfterMs : undefined;
    const left = Math.max(entry.deadline - (await this.#kind.store.now()), 0);
    return Math.min(told ?? this.#retryMs(entry.tries), left);
  }

  async #reconcile(record: StoredRecord<D>, entry: LedgerEntry, now: number): Promise<Again> {
    const found = await this.#look(record.id, entry);
    if (found.state === 'applied') return this.#confirm(record, entry, found.receipt);
    const looked = { ...entry, looks: entry.looks + 1 };
    const early = (entry.sentUntil ?? now) - now;
    if (early > 0) {
      // What does not show yet may still arrive: only its presence is proof by now.
      await this.#put(record.id, entry, { ledger: looked });
      return Math.min(this.#retryMs(looked.looks + 1), early);
    }
    const open = found.state === 'undecided' ? found : unseen;
    // What was taken has happened or will, whatever shows of it.
    if (entry.isTaken === true)
      return this.#doubt(record, looked, { ...open, why: `${taken} ${open.why}` }, now);
    if (found.state === 'undecided') return this.#doubt(record, looked, found, now);
    return this.#absent(record.id, looked, now);
  }

  async #doubt(
    record: StoredRecord<D>,
    entry: LedgerEntry,
    found: Undecided,
    now: number,
  ): Promise<Again> {
    const { id } = record;
    const { settle, doubtEvery } = this.#timing;
    const since = now - (entry.sentUntil ?? now) - (entry.waitMs ?? 0);
    if (since < settle && entry.state !== 'unknown') {
      await this.#put(id, entry, { ledger: { ...entry, state: 'sent' } });
      // What waits may show early, for all that anybody knows.
      return since < 0
        ? Math.min(this.#retryMs(entry.looks, doubtEvery), -since)
        : this.#retryMs(entry.looks);
    }
    const ledger: LedgerEntry = { ...entry, state: 'unknown' };
    if (since > this.#timing.doubt && entry.state === 'unknown') {
      await this.#put(id, entry, { ledger, dropEvidence: true });
      return null;
    }
    if (entry.state === 'unknown' && found.candidates.length === 0) {
      // Looking again in vain changes nothing that callers need to be told.
      await this.#put(id, entry, { ledger });
      return doubtEvery;
    }
    const { why: detail, candidates } = (await this.#kind.narrowed?.(record, found)) ?? found;
    await this.#put(id, entry, (current) => {
      const verdict = { kind: 'unknown', detail, candidates, lookedAt: now } as const;
      const doc = this.#kind.show(current, verdict);
      return doc === current.doc ? { ledger } : { ledger, doc };
    });
    return doubtEvery;
  }

  async #look(id: string, entry: LedgerEntry): Promise<Reconciliation<R>> {
    const evidence = await this.#kind.store.evidence(id);
    if (evidence === null)
      return { state: 'undecided', why: 'What was sent is not kept any more.', candidates: [] };
    try {
      const write = this.#kind.write(entry);
      const window = {
        from: entry.sentFrom ?? entry.acceptedAt,
        until: entry.sentUntil ?? entry.deadline,
        isTaken: entry.isTaken === true,
      };
      const lookMs = write.lookMs ?? write.timeoutMs * requestsPerLook;
      return await write.reconcile(evidence, window, deadline(lookMs));
    } catch (error) {
      const why = error instanceof GatewayError ? error.message : 'The look-up failed.';
      this.#log.warn(
        { id, reason: String(error) },
        'What became of a write could not be looked up',
      );
      return { state: 'undecided', why, candidates: [] };
    }
  }

  /** Absence has to be seen twice: right after a timeout, what has arrived need not show yet. */
  async #absent(id: string, entry: LedgerEntry, now: number): Promise<Again> {
    const { repeatable, showsWithinMs } = this.#kind.write(entry);
    const { absentSince } = entry;
    if (absentSince === null || now < absentSince + showsWithinMs) {
      const state = entry.state === 'unknown' ? 'unknown' : 'sent';
      const since = absentSince ?? now;
      await this.#put(id, entry, { ledger: { ...entry, state, absentSince: since } });
      return since + showsWithinMs - now;
    }
    const mayAgain = repeatable && now < entry.deadline && entry.state !== 'unknown';
    if (!mayAgain) return this.#end(id, entry, neverArrived());
    await this.#put(id, entry, { ledger: { ...entry, state: 'accepted', token: null } });
    this.#log.info({ id }, 'It is proved that nothing happened; it is sent again');
    return 0;
  }

  /** A receipt is proof, whatever was thought of the same sending meanwhile. */
  async #confirm(record: StoredRecord<D>, entry: LedgerEntry, receipt: R): Promise<Again> {
    const until = performance.now() + persistMs;
    await persistently(() => this.#kind.beforeConfirmed(record, receipt), until);
    await persistently(
      () =>
        this.#change(record.id, (current) =>
          current.ledger?.token !== entry.token || settled.has(current.ledger.state)
            ? null
            : {
                ledger: { ...current.ledger, state: 'confirmed' },
                doc: this.#kind.show(current, { kind: 'confirmed', receipt }),
                dropEvidence: true,
              },
        ),
      until,
    );
    return null;
  }

  async #end(id: string, entry: LedgerEntry, failure: Failure): Promise<Again> {
    await this.#put(id, entry, (current) => ({
      ledger: { ...entry, state: failure.kind },
      doc: this.#kind.show(current, failure),
      dropEvidence: true,
    }));
    return null;
  }

  /** Nothing of it has left, and its caller does not want it any more. */
  async #stop(id: string, entry: LedgerEntry): Promise<Again> {
    await this.#put(id, entry, (current) => ({
      ledger: { ...entry, state: 'not_sent' },
      doc: this.#kind.stopped?.(current) ?? current.doc,
      dropEvidence: true,
    }));
    return null;
  }

  /** Stores a step, unless another process has made one meanwhile. */
  async #put(
    id: string,
    entry: LedgerEntry,
    step: RecordChange<D> | ((current: StoredRecord<D>) => RecordChange<D>),
  ): Promise<void> {
    const change = (current: StoredRecord<D>): RecordChange<D> | null => {
      if (!isSame(current.ledger, entry)) return null;
      return typeof step === 'function' ? step(current) : step;
    };
    await persistently(() => this.#change(id, change), performance.now() + persistMs);
  }

  async #change(
    id: string,
    change: (current: StoredRecord<D>) => RecordChange<D> | null,
  ): Promise<void> {
    const record = await this.#kind.store.change(id, change);
    const ledger = record?.ledger ?? null;
    if (ledger !== null) await this.#removeFiles(ledger);
  }

  async #removeFiles({ state, files }: LedgerEntry): Promise<void> {
    if (files.length > 0 && neverSent.has(state)) await this.#kind.removeFiles(files);
  }

  /** What sends it, or why nothing can. */
  #write(entry: LedgerEntry): CertainWrite<R> | GatewayError {
    try {
      return this.#kind.write(entry);
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  }

  #retryMs(tries: number, longestMs = this.#timing.longestRetry): number {
    return Math.min(this.#timing.firstRetry * 2 ** Math.max(tries - 1, 0), longestMs);
  }
}

/** How long a request may take, in ms; evidence that cannot be read is refused when it is sent. */
function requestMs<R>(write: CertainWrite<R>, evidence: Native): number {
  try {
    return write.timeoutMs + (write.uploadMs?.(evidence) ?? 0);
  } catch {
    return write.timeoutMs;
  }
}

function waitOf<R>(write: CertainWrite<R>, evidence: Native): Pick<LedgerEntry, 'waitMs'> {
  try {
    const waitMs = write.waitMs?.(evidence) ?? 0;
    return waitMs > 0 ? { waitMs } : {};
  } catch {
    return {};
  }
}

function momentAfter({ monotonic, wall }: Moment, ms: number): Moment {
  return { monotonic: monotonic + ms, wall: wall + ms };
}

function isSame(ledger: LedgerEntry | null, entry: LedgerEntry): boolean {
  return ledger !== null && ledger.state === entry.state && ledger.token === entry.token;
}
