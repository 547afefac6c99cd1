import { GatewayError } from '../domain/errors.ts';
import type { Reconciliation } from '../domain/write.ts';
import type { Log } from '../telemetry/log.ts';
import { deadline } from '../timing/deadline.ts';
import { neverArrived } from './failures.ts';
import type { Again, LedgerKind, LedgerTiming } from './ledger-kind.ts';
import { isSame, type LedgerSteps } from './ledger-steps.ts';
import type { LedgerEntry, StoredRecord } from './record.ts';

/** How many of its requests a look for a write may last, where its platform says nothing else. */
const requestsPerLook = 3;

type Undecided = Extract<Reconciliation<never>, { state: 'undecided' }>;

/** What is known of a write that was taken, whatever is found. */
const taken = 'The platform took it without naming what it made of it.';
/** The same of one that somebody may still hold. */
const held: Undecided = {
  state: 'undecided',
  why: 'It shows nothing of it, but was given up without an answer: whoever held it then may still bring it.',
  candidates: [],
};
const heldInPart: Undecided = {
  ...held,
  why: 'It shows a part of it; the rest was given up without an answer: whoever held it then may still bring it.',
};
const unseen: Undecided = { state: 'undecided', why: 'It shows nothing of it.', candidates: [] };

/** Finds out what became of writes that were sent, and got no answer that says so. */
export class Inquiry<D extends object, R> {
  readonly #kind: LedgerKind<D, R>;
  readonly #steps: LedgerSteps<D, R>;
  readonly #log: Log;
  readonly #timing: LedgerTiming;

  constructor(kind: LedgerKind<D, R>, steps: LedgerSteps<D, R>, log: Log, timing: LedgerTiming) {
    this.#kind = kind;
    this.#steps = steps;
    this.#log = log;
    this.#timing = timing;
  }

  /**
   * Looks for what somebody was sending who has gone, or stands still. All of it may still arrive: only its presence is
   * proof before its time is over.
   */
  async takeOver(record: StoredRecord<D>, entry: LedgerEntry, now: number): Promise<Again> {
    const { id } = record;
    const sent: LedgerEntry = { ...entry, state: 'sent' };
    const stands = await this.#steps.put(id, entry, (current) =>
      this.#steps.stepped(current, sent),
    );
    const ledger = stands?.ledger ?? null;
    if (stands === null || !isSame(ledger, sent)) return this.#timing.firstRetry;
    this.#log.warn({ id }, 'Whoever was sending it has gone; what happened is looked up');
    return this.reconcile(stands, sent, now);
  }

  async reconcile(record: StoredRecord<D>, entry: LedgerEntry, now: number): Promise<Again> {
    const found = await this.#look(record.id, entry);
    if (found.state === 'applied') return this.#steps.confirm(record, entry, found.receipt);
    const looked = { ...entry, looks: entry.looks + 1 };
    const early = (entry.sentUntil ?? now) - now;
    if (early > 0) {
      // What does not show yet may still arrive: only its presence is proof by now.
      await this.#steps.put(record.id, entry, { ledger: looked });
      return Math.min(this.#steps.retryMs(looked.looks + 1), early);
    }
    const open = found.state === 'undecided' ? found : unseen;
    // What was taken has happened or will, whatever shows of it.
    if (entry.isTaken === true)
      return this.#doubt(record, looked, { ...open, why: `${taken} ${open.why}` }, now);
    const over = -early - (entry.waitMs ?? 0);
    const mayCome = entry.mayBeLate === true && over < this.#timing.late;
    // Whoever wants what may still come stopped waits for it to show.
    const soon = (again: Again): Again =>
      !mayCome || over < 0 || again === null
        ? again
        : Math.min(again, this.#steps.retryMs(looked.looks, this.#timing.lateEvery));
    if (found.state === 'undecided') return soon(await this.#doubt(record, looked, found, now));
    if (mayCome) {
      const absent = { ...looked, absentSince: entry.absentSince ?? now };
      const doubt = found.state === 'partial' ? heldInPart : held;
      return soon(await this.#doubt(record, absent, doubt, now));
    }
    return this.#absent(record, looked, found, now);
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
      await this.#steps.put(id, entry, { ledger: { ...entry, state: 'sent' } });
      // What waits may show early, for all that anybody knows.
      return since < 0
        ? Math.min(this.#steps.retryMs(entry.looks, doubtEvery), -since)
        : Math.min(this.#steps.retryMs(entry.looks), settle - since);
    }
    const isTold = entry.state === 'unknown';
    // Once is enough; whoever told it may have ended before that.
    if (isTold) await this.#steps.removeFiles(entry);
    const files = isTold ? [] : entry.files;
    const ledger: LedgerEntry = { ...entry, state: 'unknown', files };
    if (since > this.#timing.doubt && isTold) {
      await this.#steps.put(id, entry, { ledger, dropEvidence: true });
      return null;
    }
    if (isTold && found.candidates.length === 0) {
      // Looking again in vain changes nothing that callers need to be told.
      await this.#steps.put(id, entry, { ledger });
      return doubtEvery;
    }
    const { why: detail, candidates } = (await this.#kind.narrowed?.(record, found)) ?? found;
    await this.#steps.put(id, entry, (current) => {
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
  async #absent(
    record: StoredRecord<D>,
    entry: LedgerEntry,
    found: Extract<Reconciliation<R>, { state: 'absent' | 'partial' }>,
    now: number,
  ): Promise<Again> {
    const { id } = record;
    const { repeatable, showsWithinMs } = this.#kind.write(entry);
    const { absentSince } = entry;
    if (absentSince === null || now < absentSince + showsWithinMs) {
      const state = entry.state === 'unknown' ? 'unknown' : 'sent';
      const since = absentSince ?? now;
      await this.#steps.put(id, entry, { ledger: { ...entry, state, absentSince: since } });
      return since + showsWithinMs - now;
    }
    const isBegun = found.state === 'partial';
    const begunUntil = isBegun ? entry.acceptedAt + this.#timing.begun : 0;
    const deadline = Math.max(entry.deadline, begunUntil);
    const mayAgain =
      repeatable && found.again !== false && now < deadline && entry.state !== 'unknown';
    if (!mayAgain && found.state === 'partial')
      return this.#steps.confirm(record, entry, found.receipt);
    if (!mayAgain) return this.#steps.end(id, entry, neverArrived());
    const again: LedgerEntry = { ...entry, state: 'accepted', token: null, isBegun, deadline };
    await this.#steps.put(id, entry, (current) => this.#steps.stepped(current, again));
    this.#log.info({ id }, 'It is proved what has not happened; that is sent again');
    return 0;
  }
}
