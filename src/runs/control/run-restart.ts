import type { Connection } from '../../connections/connection.ts';
import { GatewayError, StoreUnavailableError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/instant.ts';
import type { RunRef } from '../../domain/run.ts';
import { isInDoubt } from '../../ledger/accept-once.ts';
import type { Afterwards } from '../../ledger/afterwards.ts';
import { isHeld } from '../../ledger/failures.ts';
import { defaultLedgerTiming } from '../../ledger/ledger-kind.ts';
import type { RecordChange, StoredRecord } from '../../ledger/record.ts';
import { stored } from '../../ledger/stored.ts';
import { afterSending } from '../../ledger/with-outcome.ts';
import { readTimeoutMs } from '../../processes/process-reads.ts';
import { deadline } from '../../timing/deadline.ts';
import { askingAnew } from './anew.ts';
import { asItEnded, instantOf, type KeptRun } from '../kept-run.ts';
import { safelyMs } from '../polls/run-polls.ts';
import type { RunStore } from '../run-store.ts';

/** What was asked of a platform takes effect within this time after nobody waits for its answer any more, in ms. */
const lateMs = 30_000;
const soonMs = 1_000;

/** A restart that a platform is asked for. */
interface Asking {
  readonly connection: string;
  readonly id: string;
  readonly at: Instant;
  /** Until then the run is open for it. */
  readonly until: Instant;
  /** One that is open is looked at already: it has not ended, or was asked this before. */
  readonly hadEnded: boolean;
  /** The run's attempt before it. */
  readonly attempt: number;
}

/** Whether nobody knows what became of what a platform was asked for. */
export function isLost(error: unknown): boolean {
  return !(error instanceof GatewayError) || isInDoubt(afterSending(error));
}

/** Lets runs begin anew. */
export class RunRestarts {
  readonly #store: RunStore;
  readonly #afterwards: Afterwards;

  constructor(store: RunStore, afterwards: Afterwards) {
    this.#store = store;
    this.#afterwards = afterwards;
  }

  /**
   * Tells the platform to let a run begin anew; false when it knows no such run. The run is open before it is told: should
   * its answer be lost, or this process end, it is looked at until it is known whether it has begun.
   */
  async tell(connection: Connection, record: StoredRecord<KeptRun>, ref: RunRef): Promise<boolean> {
    const timeoutMs = readTimeoutMs(connection);
    const asking = await this.#asking(record, timeoutMs);
    const isOpen = await this.#open(asking);
    const askedAt = performance.now();
    try {
      const isKnown = await connection.part('restart').restart(ref, deadline(timeoutMs));
      if (!isKnown) await stored(() => this.#takeBack(asking));
      return isKnown;
    } catch (error) {
      const isLate = isOpen && isHeld(error, performance.now() - askedAt);
      await (isLost(error) ? this.#lookSoon(asking, isLate) : this.#forget(asking));
      throw error;
    }
  }

  async #asking({ id, doc }: StoredRecord<KeptRun>, timeoutMs: number): Promise<Asking> {
    const now = await stored(() => this.#store.records.now());
    const { connection, attempt, final: hadEnded } = doc;
    const until = instantOf(now + timeoutMs + lateMs);
    if (hadEnded) await stored(() => this.#store.polls.plan(connection, id, now + safelyMs));
    return { connection, id, at: instantOf(now), until, hadEnded, attempt };
  }

  /**
   * Whether the run is open for it, and not because it has not ended yet.
   * @throws StoreUnavailableError when Redis may forget that: then the platform is not asked
   */
  async #open(asking: Asking): Promise<boolean> {
    const { id, at, until } = asking;
    const open = ({ doc }: StoredRecord<KeptRun>): RecordChange<KeptRun> | null =>
      changedTo(doc, askingAnew(doc, { at, until }));
    try {
      const opened = await stored(() => this.#store.records.change(id, open, { durable: true }));
      return opened?.doc.askedAnew !== undefined;
    } catch (cause) {
      if (!(cause instanceof StoreUnavailableError)) throw cause;
      await this.#forget(asking);
      const { retryAfterMs } = cause.details;
      throw new StoreUnavailableError(
        'Redis cannot say that it will keep what is asked for, so nothing was asked of the platform.',
        { outcome: 'not_sent', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      );
    }
  }

  /** It was not asked for, or in vain. */
  #forget(asking: Asking): Promise<void> {
    return this.#afterwards.store(asking.id, () => this.#takeBack(asking), lateMs);
  }

  async #takeBack({ id, at, until, hadEnded }: Asking): Promise<void> {
    if (!hadEnded) return;
    await this.#store.records.change(id, ({ doc }) =>
      // Another one may be asking meanwhile.
      doc.askedAnew?.at === at && doc.askedAnew.until === until ? { doc: asItEnded(doc) } : null,
    );
  }

  /** Nobody knows what became of it; `isLate`: somebody may still bring it, which nobody but this process knows. */
  #lookSoon(asking: Asking, isLate: boolean): Promise<void> {
    const { records, polls } = this.#store;
    const { connection, id } = asking;
    const remember = async (): Promise<void> => {
      const now = await records.now();
      if (isLate) await this.#keepOpen(asking, now);
      await polls.plan(connection, id, now + soonMs);
    };
    return this.#afterwards.store(id, remember, defaultLedgerTiming.late);
  }

  /** It may begin anew for as long as that, though somebody may have taken it for ended as before while Redis was away. */
  async #keepOpen({ id, until, attempt }: Asking, now: number): Promise<void> {
    const longer = instantOf(Date.parse(until) + defaultLedgerTiming.late);
    await this.#store.records.change(id, ({ doc }) =>
      doc.attempt === attempt
        ? changedTo(doc, askingAnew(doc, { at: instantOf(now), until: longer }))
        : null,
    );
  }
}

function changedTo(doc: KeptRun, next: KeptRun): RecordChange<KeptRun> | null {
  return next === doc ? null : { doc: next };
}
