import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GatewayError, RecalledError, UpstreamTimeoutError } from '../domain/errors.ts';
import type { CertainWrite, Reconciliation } from '../domain/write.ts';
import type { Log } from '../telemetry/log.ts';
import { deadline } from '../upstream/deadline.ts';
import type { LedgerEntry, RecordChange, StoredRecord } from './record.ts';
import type { RecordStore } from './record-store.ts';

/** How a write has ended, or begun to be doubted, as the record of its kind shows it. */
export type Verdict<R> =
  | { readonly kind: 'confirmed'; readonly receipt: R }
  | { readonly kind: 'rejected'; readonly problem: GatewayError }
  | { readonly kind: 'not_sent'; readonly problem: GatewayError }
  | {
      readonly kind: 'unknown';
      readonly detail: string;
      readonly candidates: readonly string[];
      readonly lookedAt: number;
    };

/** What the ledger has to know of the kind of record that it sends for. */
export interface LedgerKind<D extends object, R> {
  readonly store: RecordStore<D>;
  /** The part of the adapter that sends it. @throws GatewayError when it is gone */
  write(entry: LedgerEntry): CertainWrite<R>;
  /** What callers see once the verdict stands. */
  show(record: StoredRecord<D>, verdict: Verdict<R>): D;
  /** Called before a confirmed record is stored: whatever follows it must not be lost when this process ends here. */
  beforeConfirmed(record: StoredRecord<D>, receipt: R): Promise<void>;
  openFile(id: string): Promise<Readable>;
}

/** The times that the ledger keeps, in ms. */
export interface LedgerTiming {
  /** In which a request may leave after it was written down that it may. */
  readonly sendWindow: number;
  /** Before what was proved not to have left is tried again; doubles. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** How long an answer is looked for before callers are told that nobody knows. */
  readonly settle: number;
  /** How long it is looked for after that. */
  readonly doubt: number;
  readonly doubtEvery: number;
}

/** The timing of a gateway. */
export const defaultLedgerTiming: LedgerTiming = {
  sendWindow: 5_000,
  firstRetry: 1_000,
  longestRetry: 10_000,
  settle: 60_000,
  doubt: 24 * 3_600_000,
  doubtEvery: 5 * 60_000,
};

/** When a record has to be taken up again, in ms from now; null when there is nothing more to do. */
export type Again = number | null;

const settled: ReadonlySet<LedgerEntry['state']> = new Set(['confirmed', 'rejected', 'not_sent']);

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
    const askedAt = performance.now();
    const now = await this.#kind.store.now();
    const record = await this.#kind.store.read(id);
    const entry = record?.ledger ?? null;
    if (record === null || entry === null || settled.has(entry.state)) return null;
    if (entry.state === 'accepted') return this.#send(record, entry, { now, askedAt });
    const answerBy = (entry.sendBy ?? now) + this.#timeoutOf(entry);
    if (now < answerBy) return answerBy - now;
    return this.#reconcile(record, entry, now);
  }

  #timeoutOf(entry: LedgerEntry): number {
    try {
      return this.#kind.write(entry).timeoutMs;
    } catch {
      return this.#timing.settle;
    }
  }

  async #send(
    record: StoredRecord<D>,
    entry: LedgerEntry,
    { now, askedAt }: { now: number; askedAt: number },
  ): Promise<Again> {
    if (now < entry.notBefore) return entry.notBefore - now;
    const write = this.#kind.write(entry);
    if (now >= entry.deadline) return this.#end(record.id, entry, notSentInTime(entry));
    const sendBy = now + this.#timing.sendWindow;
    const claimed: LedgerEntry = {
      ...entry,
      state: 'sending',
      token: randomUUID(),
      sendBy,
      sentFrom: now,
      sentUntil: sendBy + write.timeoutMs,
      tries: entry.tries + 1,
    };
    const evidence = await this.#kind.store.evidence(record.id);
    const taken = await this.#kind.store.change(
      record.id,
      ({ ledger }) => (isSame(ledger, entry) ? { ledger: claimed } : null),
      { replicated: true },
    );
    if (taken?.ledger?.token !== claimed.token || evidence === null) return this.#timing.sendWindow;
    const lastMoment = askedAt + this.#timing.sendWindow;
    try {
      const receipt = await write.send(evidence, {
        signal: deadline(this.#timing.sendWindow + write.timeoutMs),
        permit: () => {
          if (performance.now() < lastMoment) return;
          throw new UpstreamTimeoutError('It could not be written in its time.', { sent: 'no' });
        },
        openFile: (file) => this.#kind.openFile(file),
      });
      return await this.#confirm(record, claimed, receipt);
    } catch (error) {
      return this.#failed(record, claimed, error);
    }
  }

  async #failed(record: StoredRecord<D>, entry: LedgerEntry, error: unknown): Promise<Again> {
    const problem = error instanceof GatewayError ? error : null;
    if (isUnsent(problem)) {
      const waitMs = problem?.details.retryAfterMs ?? this.#retryMs(entry);
      await this.#put(record.id, entry, { ledger: { ...entry, state: 'accepted', token: null } });
      this.#log.warn(
        { id: record.id, reason: problem?.message },
        'Nothing was sent; it is tried again',
      );
      return waitMs;
    }
    if (problem !== null && isRefusal(problem))
      return this.#end(record.id, entry, { kind: 'rejected', problem });
    if (problem === null)
      this.#log.error({ id: record.id, err: error }, 'A write failed in the gateway itself');
    await this.#put(record.id, entry, { ledger: { ...entry, state: 'sent' } });
    this.#log.warn(
      { id: record.id, reason: problem?.message },
      'No answer came; what happened is looked up',
    );
    const { sendBy } = entry;
    return sendBy === null
      ? 0
      : Math.max(sendBy + this.#timeoutOf(entry) - (await this.#kind.store.now()), 0);
  }

  async #reconcile(record: StoredRecord<D>, entry: LedgerEntry, now: number): Promise<Again> {
    const evidence = await this.#kind.store.evidence(record.id);
    const found = await this.#look(record.id, entry, evidence);
    if (found.state === 'applied') return this.#confirm(record, entry, found.receipt);
    if (found.state === 'absent') return this.#absent(record, entry, now);
    const looked = { ...entry, looks: entry.looks + 1 };
    const sentAt = entry.sentUntil ?? now;
    if (now - sentAt < this.#timing.settle && entry.state !== 'unknown') {
      await this.#put(record.id, entry, { ledger: { ...looked, state: 'sent' } });
      return this.#retryMs({ ...entry, tries: looked.looks });
    }
    if (now - sentAt > this.#timing.doubt) {
      await this.#put(record.id, entry, {
        ledger: { ...looked, state: 'unknown' },
        dropEvidence: true,
      });
      return null;
    }
    const { why: detail, candidates } = found;
    await this.#put(record.id, entry, (current) => ({
      ledger: { ...looked, state: 'unknown' },
      // Looking again in vain changes nothing that callers need to be told.
      ...(entry.state === 'unknown'
        ? {}
        : {
            doc: this.#kind.show(current, { kind: 'unknown', detail, candidates, lookedAt: now }),
          }),
    }));
    return this.#timing.doubtEvery;
  }

  async #look(
    id: string,
    entry: LedgerEntry,
    evidence: RecordEvidence,
  ): Promise<Reconciliation<R>> {
    if (evidence === null)
      return { state: 'undecided', why: 'What was sent is not kept any more.', candidates: [] };
    try {
      const write = this.#kind.write(entry);
      const window = {
        from: entry.sentFrom ?? entry.acceptedAt,
        until: entry.sentUntil ?? entry.deadline,
      };
      return await write.reconcile(evidence, window, deadline(write.timeoutMs * 3));
    } catch (error) {
      const why = error instanceof GatewayError ? error.message : 'The look-up failed.';
      this.#log.warn(
        { id, reason: String(error) },
        'What became of a write could not be looked up',
      );
      return { state: 'undecided', why, candidates: [] };
    }
  }

  async #absent(record: StoredRecord<D>, entry: LedgerEntry, now: number): Promise<Again> {
    const mayAgain =
      this.#kind.write(entry).repeatable && now < entry.deadline && entry.state !== 'unknown';
    if (!mayAgain) return this.#end(record.id, entry, neverArrived());
    await this.#put(record.id, entry, { ledger: { ...entry, state: 'accepted', token: null } });
    this.#log.info({ id: record.id }, 'It is proved that nothing happened; it is sent again');
    return 0;
  }

  async #confirm(record: StoredRecord<D>, entry: LedgerEntry, receipt: R): Promise<Again> {
    await this.#kind.beforeConfirmed(record, receipt);
    await this.#put(record.id, entry, (current) => ({
      ledger: { ...entry, state: 'confirmed' },
      doc: this.#kind.show(current, { kind: 'confirmed', receipt }),
      dropEvidence: true,
    }));
    return null;
  }

  async #end(
    id: string,
    entry: LedgerEntry,
    verdict: Extract<Verdict<R>, { problem: GatewayError }>,
  ): Promise<Again> {
    await this.#put(id, entry, (current) => ({
      ledger: { ...entry, state: verdict.kind },
      doc: this.#kind.show(current, verdict),
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
    await this.#kind.store.change(id, (current) => {
      if (!isSame(current.ledger, entry)) return null;
      return typeof step === 'function' ? step(current) : step;
    });
  }

  #retryMs({ tries }: LedgerEntry): number {
    const { firstRetry, longestRetry } = this.#timing;
    return Math.min(firstRetry * 2 ** Math.max(tries - 1, 0), longestRetry);
  }
}

type RecordEvidence = Awaited<ReturnType<RecordStore<object>['evidence']>>;

function isSame(ledger: LedgerEntry | null, entry: LedgerEntry): boolean {
  return ledger !== null && ledger.state === entry.state && ledger.token === entry.token;
}

/** Proof that nothing happened: it did not leave, or was turned away at the door. */
function isUnsent(problem: GatewayError | null): boolean {
  return problem?.details.sent === 'no' || problem?.code === 'upstream_rate_limited';
}

/** An answer that says no, of a platform that has read the request. */
function isRefusal({ code, details }: GatewayError): boolean {
  const status = details.upstream?.status ?? null;
  if (code === 'conflict' || code === 'capability_not_supported') return true;
  return status !== null && status >= 400 && status < 500 && status !== 408;
}

function notSentInTime(entry: LedgerEntry): { kind: 'not_sent'; problem: GatewayError } {
  const { tries, lastFailure } = entry;
  const why = lastFailure ?? (tries === 0 ? 'no worker took it up' : 'it was given up');
  const problem = new RecalledError(
    'upstream_unavailable',
    `It was not sent before its deadline: ${why}`,
    {
      outcome: 'not_sent',
    },
  );
  return { kind: 'not_sent', problem };
}

function neverArrived(): { kind: 'not_sent'; problem: GatewayError } {
  const detail = 'It was sent, but the platform shows that it never arrived; it is not sent again.';
  return {
    kind: 'not_sent',
    problem: new RecalledError('upstream_unavailable', detail, { outcome: 'not_sent' }),
  };
}
