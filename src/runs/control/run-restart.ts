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
import { answeredAnew, askingAnew } from './anew.ts';
import { instantOf, type KeptRun } from '../kept-run.ts';
import { safelyMs } from '../polls/run-polls.ts';
import type { RunStore } from '../run-store.ts';

/** What reached a platform takes effect within this time after nobody waits for its answer any more, in ms. */
const lateMs = 30_000;
const soonMs = 1_000;

/** A restart that a platform is asked for. */
interface Asking {
  readonly connection: string;
  readonly id: string;
  readonly at: Instant;
  /** Until then the run is open for it: as long as somebody may hold what nobody answers. */
  readonly until: Instant;
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
   * Tells the platform to let a run begin anew; false when it knows no such run. The run is open before it is told, for as
   * long as somebody may hold what was asked: should the answer be lost, or this process end, it is looked at until it is
   * known whether it has begun. Every answer that says that nobody holds it makes that less.
   */
  async tell(connection: Connection, record: StoredRecord<KeptRun>, ref: RunRef): Promise<boolean> {
    const timeoutMs = readTimeoutMs(connection);
    const asking = await this.#asking(record, timeoutMs);
    await this.#open(asking);
    const askedAt = performance.now();
    try {
      const isKnown = await connection.part('restart').restart(ref, deadline(timeoutMs));
      if (!isKnown) await stored(() => this.#close(asking));
      return isKnown;
    } catch (error) {
      if (!isLost(error)) await this.#forget(asking);
      else await this.#lookSoon(asking, isHeld(error, performance.now() - askedAt));
      throw error;
    }
  }

  async #asking({ id, doc }: StoredRecord<KeptRun>, timeoutMs: number): Promise<Asking> {
    const now = await stored(() => this.#store.records.now());
    const { connection, final } = doc;
    const until = instantOf(now + timeoutMs + lateMs + defaultLedgerTiming.late);
    // One that is open is looked at already: it has not ended, or was asked this before.
    if (final) await stored(() => this.#store.polls.plan(connection, id, now + safelyMs));
    return { connection, id, at: instantOf(now), until };
  }

  /**
   * Opens the run for it, should it have ended.
   * @throws StoreUnavailableError when Redis may forget that: then the platform is not asked
   */
  async #open(asking: Asking): Promise<void> {
    const { id, at, until } = asking;
    const open = ({ doc }: StoredRecord<KeptRun>): RecordChange<KeptRun> | null =>
      changedTo(doc, askingAnew(doc, { at, until }));
    try {
      await stored(() => this.#store.records.change(id, open, { durable: true }));
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
    return this.#afterwards.store(asking.id, () => this.#close(asking), lateMs);
  }

  /** Nobody knows what became of it; `isHeld`: somebody may still bring it, so it is open for as long as that. */
  #lookSoon(asking: Asking, isHeld: boolean): Promise<void> {
    const { records, polls } = this.#store;
    const { connection, id } = asking;
    const remember = async (): Promise<void> => {
      const now = await records.now();
      if (!isHeld) await this.#close(asking, instantOf(now + lateMs));
      await polls.plan(connection, id, now + soonMs);
    };
    return this.#afterwards.store(id, remember, defaultLedgerTiming.late);
  }

  /** What was asked for is over: the run is open no longer than `least` says, or others need who have asked too. */
  async #close({ id, until }: Asking, least: Instant | null = null): Promise<void> {
    await this.#store.records.change(id, ({ doc }) =>
      changedTo(doc, answeredAnew(doc, until, least)),
    );
  }
}

function changedTo(doc: KeptRun, next: KeptRun): RecordChange<KeptRun> | null {
  return next === doc ? null : { doc: next };
}
