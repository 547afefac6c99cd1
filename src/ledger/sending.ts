import { randomUUID } from 'node:crypto';
import { GatewayError } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import type { CertainWrite } from '../domain/write.ts';
import type { Log } from '../telemetry/log.ts';
import { departureOf, type Leaving, momentAfter } from './departure.ts';
import {
  isHeld,
  isHopeless,
  isRefusal,
  isUnsent,
  nothingToSend,
  notSentInTime,
  reasonOf,
  unsendable,
} from './failures.ts';
import { Fetching } from './fetching.ts';
import type { Again, LedgerKind, LedgerTiming, Ready } from './ledger-kind.ts';
import { isSame, type LedgerSteps } from './ledger-steps.ts';
import { persistently } from './persistently.ts';
import { noting } from './progress-notes.ts';
import { isUnfetched, type LedgerEntry, type StoredRecord } from './record.ts';
import { type Moment, thisMoment } from './standstill.ts';
import { asStoreError } from './stored.ts';
import { Unsent } from './unsent.ts';

/** A write that is about to leave. */
interface Leave<D extends object, R> {
  readonly record: StoredRecord<D>;
  readonly entry: LedgerEntry;
  readonly write: CertainWrite<R>;
  readonly evidence: Native;
  /** What a look right before has brought; null without one. */
  readonly ready: Ready<D> | null;
}

/** Sends writes that were accepted, each under a token that only one process can have. */
export class Sending<D extends object, R> {
  readonly #kind: LedgerKind<D, R>;
  readonly #steps: LedgerSteps<D, R>;
  readonly #log: Log;
  readonly #timing: LedgerTiming;
  readonly #unsent: Unsent<D, R>;
  readonly #fetching: Fetching<D, R>;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<Again>>();

  constructor(kind: LedgerKind<D, R>, steps: LedgerSteps<D, R>, log: Log, timing: LedgerTiming) {
    this.#kind = kind;
    this.#steps = steps;
    this.#log = log;
    this.#timing = timing;
    this.#unsent = new Unsent(steps, log);
    this.#fetching = new Fetching(kind, steps, this.#unsent, log);
  }

  /** Begins nothing more; resolves once what was being sent is answered, and that is written down. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The worker is closed.'));
    await Promise.allSettled(this.#underWay);
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Makes sure that nobody else sends it, and sends it. */
  async take(
    record: StoredRecord<D>,
    entry: LedgerEntry,
    now: number,
    askedAt: Moment,
  ): Promise<Again> {
    if (this.#isClosing()) return this.#timing.firstRetry;
    if (entry.isBegun === true && now >= entry.deadline) return this.#left(record.id, entry, now);
    const stopped = entry.isBegun === true ? null : (this.#kind.stopped?.(record) ?? null);
    if (stopped !== null) return this.#steps.stop(record.id, entry);
    if (now < entry.notBefore) return entry.notBefore - now;
    if (now >= entry.deadline) return this.#steps.end(record.id, entry, notSentInTime(entry));
    const write = this.#write(entry);
    if (write instanceof Error)
      return this.#unsent.tryAgain(record.id, entry, write, this.#timing.longestRetry);
    const evidence = await this.#kind.store.evidence(record.id);
    if (evidence === null) return this.#steps.end(record.id, entry, nothingToSend());
    if (isUnfetched(entry))
      return this.#fetching.fetch(record, entry, evidence, this.#closing.signal);
    const leaving = { record, entry, write, evidence, ready: null };
    if (this.#kind.ready === undefined || entry.isBegun === true)
      return this.#leave(leaving, now, askedAt);
    let ready: Ready<D> | null;
    try {
      ready = await this.#kind.ready(record, entry, evidence, this.#closing.signal);
    } catch (error) {
      if (this.#isClosing()) return this.#timing.firstRetry;
      return this.#unsent.tryAgain(record.id, entry, error, this.#timing.longestRetry);
    }
    if (ready === null) return this.#leave(leaving, now, askedAt);
    return this.#updated(leaving, ready);
  }

  /** Looking took its time: only now it is written down that it is sent. */
  async #updated(leaving: Leave<D, R>, ready: Ready<D>): Promise<Again> {
    const { id } = leaving.record;
    const { entry } = leaving;
    const { evidence, refusal, shown } = ready;
    if (refusal !== null) return this.#steps.end(id, entry, unsendable(refusal), shown);
    const askedAt = thisMoment();
    const now = await this.#kind.store.now();
    if (now >= entry.deadline) return this.#steps.end(id, entry, notSentInTime(entry), shown);
    return this.#leave({ ...leaving, evidence, ready }, now, askedAt);
  }

  /** What leaves is waited for when this process ends; once that is so, nothing leaves any more. */
  async #leave(leaving: Leave<D, R>, now: number, askedAt: Moment): Promise<Again> {
    if (this.#isClosing()) return this.#timing.firstRetry;
    const sent = this.#sent(leaving, now, askedAt);
    this.#underWay.add(sent);
    try {
      return await sent;
    } finally {
      this.#underWay.delete(sent);
    }
  }

  async #sent(leaving: Leave<D, R>, now: number, askedAt: Moment): Promise<Again> {
    const { entry, write, evidence } = leaving;
    const windowMs = this.#timing.sendWindow + spanOf(write, evidence);
    const mostMs = windowMs + requestMs(write, evidence);
    const claimed: LedgerEntry = {
      ...entry,
      state: 'sending',
      token: randomUUID(),
      sendBy: now + windowMs,
      sentFrom: now,
      sentUntil: now + mostMs,
      ...waitOf(write, evidence),
      tries: entry.tries + 1,
      absentSince: null,
      mayBeLate: false,
    };
    const lastMoment = momentAfter(askedAt, windowMs);
    // Others may take over from one that stands still while it claims.
    const times = { askedAt, lastMoment, mostMs };
    const departure = departureOf((id) => this.#kind.openFile(id), times);
    try {
      return await this.#sentAs(leaving, claimed, departure, lastMoment);
    } finally {
      departure.end();
    }
  }

  async #sentAs(
    leaving: Leave<D, R>,
    claimed: LedgerEntry,
    departure: Leaving,
    lastMoment: Moment,
  ): Promise<Again> {
    const { record, entry, write } = leaving;
    const { id } = record;
    try {
      if (!(await this.#claim(leaving, claimed, lastMoment))) return this.#timing.sendWindow;
    } catch (error) {
      // Whether or not it was stored: nothing leaves under this token.
      return this.#unsent.tryAgain(id, claimed, asStoreError(error));
    }
    let receipt: R;
    try {
      receipt = await this.#told(leaving, claimed, departure);
    } catch (error) {
      if (departure.lacksFile() && entry.isBegun !== true)
        return this.#steps.end(id, claimed, nothingToSend());
      return this.#failed(id, claimed, departure, write.timeoutMs, error);
    }
    if (this.#kind.names?.(receipt) === false) return this.#nameless(id, claimed);
    return this.#steps.confirm(record, claimed, receipt);
  }

  /** Sends it, and notes how far that has come until it has ended. */
  async #told(
    { record, write, evidence }: Leave<D, R>,
    claimed: LedgerEntry,
    departure: Leaving,
  ): Promise<R> {
    const { atProgress } = this.#kind;
    if (atProgress === undefined) return write.send(evidence, departure);
    const notes = this.#steps.notes(record.id, claimed, this.#log);
    try {
      return await write.send(evidence, { ...departure, onProgress: noting(notes, atProgress) });
    } finally {
      notes.end();
    }
  }

  /** Whether the record is this process's to send; asked again, it is found to be so already. */
  async #claim(
    { record, entry, ready }: Leave<D, R>,
    claimed: LedgerEntry,
    lastMoment: Moment,
  ): Promise<boolean> {
    const taken = await persistently(
      () =>
        this.#kind.store.change(
          record.id,
          (current) =>
            isSame(current.ledger, entry) ? this.#steps.stepped(current, claimed, ready) : null,
          { durable: true },
        ),
      lastMoment.monotonic,
    );
    return taken?.ledger?.token === claimed.token;
  }

  async #failed(
    id: string,
    entry: LedgerEntry,
    { hasLeft, awayMs }: Leaving,
    timeoutMs: number,
    error: unknown,
  ): Promise<Again> {
    const away = awayMs();
    if (isHopeless(error) || (!isUnsent(error) && isRefusal(error))) {
      if (entry.isBegun === true) return this.#left(id, entry, await this.#steps.now());
      const kind = isHopeless(error) ? 'not_sent' : 'rejected';
      return this.#steps.end(id, entry, { kind, problem: error });
    }
    if (isUnsent(error)) return this.#unsent.tryAgain(id, entry, error);
    if (!(error instanceof GatewayError))
      this.#log.error({ id, err: error }, 'A write failed in the gateway itself');
    if (!hasLeft()) return this.#unsent.tryAgain(id, entry, error, this.#timing.longestRetry);
    // Nothing more of it leaves: what has arrived is worked on for as long as any request, however long its files took.
    if (isHeld(error, away)) await this.#steps.learn(id, entry, { mayBeLate: true }, timeoutMs);
    else {
      const now = await this.#steps.now();
      const sentUntil = Math.min(entry.sentUntil ?? now, now + timeoutMs);
      const ledger: LedgerEntry = { ...entry, state: 'sent', sentUntil };
      await this.#steps.put(id, entry, (current) => this.#steps.stepped(current, ledger));
    }
    this.#log.warn({ id, reason: reasonOf(error) }, 'No answer came; what happened is looked up');
    return this.#timing.firstRetry;
  }

  /** The platform has taken it, and does not say what it made of it. */
  async #nameless(id: string, entry: LedgerEntry): Promise<Again> {
    await this.#steps.learn(id, entry, { isTaken: true }, 0);
    this.#log.warn({ id }, 'The answer does not name what was made; it is looked up');
    return this.#timing.firstRetry;
  }

  /** The rest of what has begun is not sent any more: what stands of it is looked up. */
  async #left(id: string, entry: LedgerEntry, now: number): Promise<Again> {
    const ledger: LedgerEntry = { ...entry, state: 'sent', sentUntil: now, deadline: now };
    await this.#steps.put(id, entry, (current) => this.#steps.stepped(current, ledger));
    return 0;
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
}

/** How long a request may take, in ms; evidence that cannot be read is refused when it is sent. */
function requestMs<R>(write: CertainWrite<R>, evidence: Native): number {
  try {
    return write.timeoutMs + (write.uploadMs?.(evidence) ?? 0);
  } catch {
    return write.timeoutMs;
  }
}

/** For how long further requests of it may leave, in ms. */
function spanOf<R>(write: CertainWrite<R>, evidence: Native): number {
  try {
    return write.spanMs?.(evidence) ?? 0;
  } catch {
    return 0;
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
