import type { Demand } from '../../catalogue/freshness.ts';
import { nowhereElse, type ReadCache } from '../../catalogue/read-cache.ts';
import { deadline, remainingMs } from '../../timing/deadline.ts';
import { within } from '../../timing/within.ts';
import type { Connection } from '../../connections/connection.ts';
import { GatewayError, StoreUnavailableError } from '../../domain/errors.ts';
import { fromEpochMs } from '../../domain/instant.ts';
import type { Source } from '../../domain/source.ts';
import { instantOf } from '../kept-run.ts';
import { advanced, isResting, nextSlice, smaller, type Stretch, without } from './run-coverage.ts';
import { stored } from '../../ledger/stored.ts';
import { RunIntake } from '../run-intake.ts';
import type { RunStore } from '../run-store.ts';

const minute = 60_000;
const policy = { ttl: 10_000, staleWhileRevalidate: 5 * minute, staleIfError: 24 * 60 * minute };
const writtenAtOnce = 200;
/** No further slice is begun once no more than this is left of the time of a walk. */
const restForSlices = 0.25;

interface Window {
  /** When the walk began, in ms since 1970 by the clock of the store. */
  readonly walkedAt: number;
  /** Whether all of the window was read by then. */
  readonly isWhole: boolean;
}

/** Brings the runs that others have started into the records: one walk per connection, however many list runs. */
export class RunWindow {
  readonly #store: RunStore;
  readonly #intake: RunIntake;
  readonly #cache: ReadCache;

  constructor(store: RunStore, cache: ReadCache) {
    this.#store = store;
    this.#intake = new RunIntake(store);
    this.#cache = cache;
  }

  /** Looks that the records of a connection are fresh; gives how they are at `untilMs` (of Date.now). */
  async refresh(connection: Connection, demand: Demand, untilMs: number): Promise<Source> {
    const about = { connection: connection.id, platform: connection.platform.name, count: null };
    try {
      const reading = this.#cache.read<Window>(
        {
          connection: connection.id,
          platform: connection.platform.name,
          policy,
          timeoutMs: connection.config.listTimeout,
          what: ['runs'],
          fetch: (signal) => this.#walk(connection, signal),
          elsewhere: nowhereElse,
        },
        demand,
      );
      const answer = await within(reading, untilMs - Date.now());
      if (answer === null)
        return { ...about, ...(await this.#asBefore(connection)), problem: null };
      const isFresh = answer.freshUntil > Date.now() && answer.problem === null;
      const { problem, value } = answer;
      const isWhole = value?.isWhole !== false;
      return {
        ...about,
        status: !isWhole ? 'warming' : isFresh ? 'fresh' : 'stale',
        asOf: fromEpochMs(answer.asOf),
        problem,
      };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const problem = { code: error.code, detail: error.message };
      const status = error.code === 'not_cached' ? 'skipped' : 'failed';
      return { ...about, status, asOf: null, problem };
    }
  }

  /** How the records of a connection are while its walk takes its time: as the last whole one has left them. */
  async #asBefore(connection: Connection): Promise<Pick<Source, 'status' | 'asOf'>> {
    const { until, missing } = await stored(() => this.#store.coverages.read(connection));
    const isKept = until !== null && until > Date.now() - policy.staleIfError;
    const isWhole = isKept && missing.length === 0;
    return isWhole
      ? { status: 'stale', asOf: fromEpochMs(until) }
      : { status: 'warming', asOf: null };
  }

  /**
   * From the newest on, in slices that get smaller when one of them cannot be read in the time or the calls that there
   * are: each stays read, and the next walk goes on behind it.
   */
  async #walk(connection: Connection, signal: AbortSignal): Promise<Window> {
    const { coverages, records } = this.#store;
    const now = await records.now();
    const enoughMs = connection.config.listTimeout * restForSlices;
    const before = await coverages.read(connection);
    let coverage = advanced(before, now);
    for (let isFirst = true; ; isFirst = false) {
      const slice = nextSlice(coverage);
      if (slice === null || (!isFirst && remainingMs(signal) < enoughMs)) break;
      if (isResting(before, slice, now)) break;
      try {
        await this.#read(connection, slice, slice.until === now, signal);
      } catch (error) {
        if (error instanceof StoreUnavailableError) throw error;
        const stored = await coverages.read(connection);
        await coverages.write(connection, smaller(stored, slice.until === now, now));
        if (isFirst || !(error instanceof GatewayError)) throw error;
        break;
      }
      coverage = without(coverage, slice);
      await coverages.write(connection, coverage);
    }
    return { walkedAt: now, isWhole: nextSlice(coverage) === null };
  }

  /** Writes down the runs of a slice; the newest one has no end, as clocks differ. */
  async #read(
    connection: Connection,
    { from, until }: Stretch,
    isNewest: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const before = isNewest ? null : instantOf(until);
    const runs = await connection
      .part('runs')
      .since(instantOf(from), deadline(remainingMs(signal) / 2, signal), before);
    for (let at = 0; at < runs.length; at += writtenAtOnce)
      await this.#intake.takeListed(connection, runs.slice(at, at + writtenAtOnce));
  }
}
