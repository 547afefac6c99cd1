import pMap from 'p-map';
import type { Connection } from '../connections/connection.ts';
import { GatewayError } from '../domain/errors.ts';
import { fromEpochMs } from '../domain/instant.ts';
import type { RunRecord, RunRef } from '../domain/run.ts';
import type { Log } from '../telemetry/log.ts';
import { deadline } from '../timing/deadline.ts';
import { type DueRun, dueRun } from './due-run.ts';
import { instantOf, type KeptRun, refOf, seen } from './kept-run.ts';
import { pauseFor } from './poll-pace.ts';
import { chunksOf } from './chunks-of.ts';
import { PendingCancels } from './pending-cancels.ts';
import { PollRest } from './poll-rest.ts';
import type { RunStore } from './run-store.ts';

/** Looked at in one go, because many take few calls more than few; more are due again at once. */
const batch = 10_000;
const changedAtOnce = 16;
/** What is due so soon is looked at with what is due now: it takes no call of its own then, in ms. */
const togetherMs = 2_000;
/** Runs that were taken up are due again after so long, should this process end before it has looked. */
const takenMs = 30_000;
const pollTimeoutMs = 25_000;
/** A run that the platform has not shown for so long is given up, in ms. */
const lostAfterMs = 10 * 60_000;
/** Clocks may differ by so much, in ms. */
const clockSlackMs = 60_000;
const slowestRetryMs = 60_000;

/** What has to be known of a run to look at it; the rest would fill the memory with what ten thousand were given. */
interface Polled {
  readonly id: string;
  readonly doc: DueRun;
}

/** When runs are due again; null for those that have ended. */
type Plan = readonly [id: string, dueAt: number | null];
type Plans = readonly Plan[];

/** Looks at runs that are due, many in one call where the platform allows it, and writes down what has changed. */
export class RunPoller {
  readonly #store: RunStore;
  readonly #log: Log;
  readonly #rest: PollRest;
  readonly #cancels: PendingCancels;

  constructor(store: RunStore, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#rest = new PollRest(store.polls);
    this.#cancels = new PendingCancels(store, log);
  }

  /** Looks at the due runs of a connection; gives how many there were. */
  async poll(connection: Connection): Promise<number> {
    const now = await this.#store.records.now();
    const takenUntil = now + takenMs;
    const { polls } = this.#store;
    const ids = await polls.take(connection.id, now + togetherMs, batch, takenUntil);
    if (ids.length === 0) return 0;
    const { open, toStop } = await this.#open(ids, now);
    void this.#cancels.tell(connection, toStop);
    const plans = new Map<string, number | null>(ids.map((id) => [id, null]));
    if (open.length > 0) {
      const look = (): Promise<Plans> => this.#look(connection, open, now);
      for (const [id, dueAt] of await this.#rest.after(connection, now, look)) plans.set(id, dueAt);
    }
    await polls.giveBack(connection.id, takenUntil, plans);
    return ids.length;
  }

  /** Those of them that have not ended, and the ids of those whose platform is to be told that they are to be stopped. */
  async #open(
    ids: readonly string[],
    now: number,
  ): Promise<{ readonly open: readonly Polled[]; readonly toStop: readonly string[] }> {
    const open: Polled[] = [];
    const toStop: string[] = [];
    for (const some of chunksOf(ids)) {
      for (const { id, doc, ledger } of await this.#store.records.readMany(some)) {
        if (doc.final) continue;
        open.push({ id, doc: dueRun({ doc, ledger }, now) });
        if (doc.pendingCancel !== null) toStop.push(id);
      }
    }
    return { open, toStop };
  }

  /** When each is due again; null when it has ended. */
  async #look(connection: Connection, records: readonly Polled[], now: number): Promise<Plans> {
    const signal = deadline(pollTimeoutMs);
    let found: ReadonlyMap<string, RunRecord>;
    try {
      found = await this.#found(connection, records, signal);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#log.warn(
        {
          connection: connection.id,
          runs: records.length,
          code: error.code,
          reason: error.message,
        },
        'Runs could not be looked at',
      );
      return later(records, now, error.details.retryAfterMs ?? 0);
    }
    const plans: Plan[] = [];
    for (const some of chunksOf([...found.keys()])) {
      await this.#store.polls.shown(connection.id, some);
      plans.push(...(await this.#seen(some, found, now)));
    }
    const missing = records.filter(({ id }) => !found.has(id));
    for (const some of chunksOf(missing))
      plans.push(...(await this.#missing(connection.id, some, now)));
    return plans;
  }

  /** What the upstream shows of them, by record. */
  async #found(
    connection: Connection,
    records: readonly Polled[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RunRecord>> {
    const part = connection.part('runs');
    const refs = new Map<string, RunRef>();
    for (const { id, doc } of records) {
      const ref = refOf({ ...doc, createdAt: instantOf(doc.sentAt) });
      if (ref !== null) refs.set(id, ref);
    }
    const shown = new Map<string, RunRecord>();
    if (refs.size > 0) {
      const byNativeId = new Map(
        (await part.getMany([...refs.values()], signal)).map((each) => [each.nativeId, each]),
      );
      for (const [id, { nativeId }] of refs) {
        const each = byNativeId.get(nativeId);
        if (each !== undefined) shown.set(id, each);
      }
    }
    const nameless = records.filter(({ doc }) => doc.nativeId === null && doc.mark !== null);
    if (nameless.length > 0) {
      for (const [id, each] of await this.#byMark(connection, nameless, signal))
        shown.set(id, each);
    }
    return shown;
  }

  /** Where the answer to a start names no run, the mark that it carried does. */
  async #byMark(
    connection: Connection,
    records: readonly Polled[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RunRecord>> {
    const oldest = Math.min(...records.map(({ doc }) => doc.sentAt));
    const since = fromEpochMs(oldest - clockSlackMs) ?? instantOf(0);
    const window = await connection.part('runs').since(since, signal);
    const byMark = new Map(
      window.flatMap((each) => (each.mark === null ? [] : [[each.mark, each]])),
    );
    const found = new Map<string, RunRecord>();
    for (const { id, doc } of records) {
      const each = byMark.get(doc.mark ?? '');
      if (each === undefined) continue;
      await this.#store.index.name(connection.id, each.nativeId, id);
      found.set(id, each);
    }
    return found;
  }

  /** Writes down what is new of those that are shown. */
  async #seen(
    ids: readonly string[],
    found: ReadonlyMap<string, RunRecord>,
    now: number,
  ): Promise<Plans> {
    const records = await this.#store.records.readMany(ids);
    return pMap(
      records,
      async ({ id, doc, ledger }): Promise<Plan> => {
        const run = found.get(id);
        const newest = run === undefined ? doc : await this.#written(id, doc, run, now);
        const pause = pauseFor(dueRun({ doc: newest, ledger }, now), now);
        return [id, newest.final ? null : now + pause];
      },
      { concurrency: changedAtOnce },
    );
  }

  async #written(id: string, doc: KeptRun, shown: RunRecord, now: number): Promise<KeptRun> {
    if (seen(doc, shown, now) === doc) return doc;
    const changed = await this.#store.records.change(id, (current) => {
      const next = seen(current.doc, shown, now);
      return next === current.doc ? null : { doc: next };
    });
    return changed?.doc ?? doc;
  }

  /** Platforms show runs late, and forget them: the one is waited for, the other is the end of what can be known. */
  async #missing(connection: string, records: readonly Polled[], now: number): Promise<Plans> {
    const ids = records.map(({ id }) => id);
    const since = await this.#store.polls.missed(connection, ids, now);
    const plans: Plan[] = [];
    for (const [at, { id, doc }] of records.entries()) {
      if (now - (since[at] ?? now) < lostAfterMs) {
        plans.push([id, now + pauseFor(doc, now)]);
        continue;
      }
      await this.#store.records.change(id, ({ doc: current }) =>
        current.final ? null : { doc: lost(current, now) },
      );
      plans.push([id, null]);
    }
    return plans;
  }
}

function later(records: readonly Polled[], now: number, retryAfterMs: number): Plans {
  return records.map(({ id, doc }) => [
    id,
    now + Math.min(Math.max(pauseFor(doc, now), retryAfterMs), slowestRetryMs),
  ]);
}

function lost(run: KeptRun, now: number): KeptRun {
  const at = instantOf(now);
  return {
    ...run,
    status: 'unknown',
    final: true,
    finishedAt: at,
    updatedAt: at,
    error: {
      code: null,
      message: 'The platform does not show this run any more, so its end is not known.',
    },
  };
}
