import pMap from 'p-map';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRecord, Sightings } from '../../domain/run.ts';
import { chunksOf } from './chunks-of.ts';
import { type DueRun, dueRun } from './due-run.ts';
import { asItEnded, instantOf, type KeptRun, seen } from '../kept-run.ts';
import { pauseFor } from './poll-pace.ts';
import type { RunStore } from '../run-store.ts';

const changedAtOnce = 16;
/** A run that the platform has not shown for so long is given up, in ms. */
const lostAfterMs = 10 * 60_000;
const slowestRetryMs = 60_000;

/** What has to be known of a run to look at it; the rest would fill the memory with what ten thousand were given. */
export interface Polled {
  readonly id: string;
  readonly doc: DueRun;
}

/** When a run is due again; null for one that has ended. */
export type Plan = readonly [id: string, dueAt: number | null];

/** Writes down what looks at runs have brought, and says when each is due again. */
export class RunSightings {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** `sightings` are by native id; `now` is when the look has begun. */
  async take(
    connection: string,
    runs: readonly Polled[],
    sightings: Sightings,
    now: number,
  ): Promise<readonly Plan[]> {
    const shown = new Map<string, RunRecord>();
    const missing: Polled[] = [];
    const plans: Plan[] = [];
    for (const run of runs) {
      const sighting = sightings.get(run.doc.nativeId ?? '');
      if (sighting instanceof GatewayError)
        plans.push(later(run, now, sighting.details.retryAfterMs));
      else if (sighting === null) missing.push(run);
      else if (sighting !== undefined) shown.set(run.id, sighting);
    }
    for (const some of chunksOf([...shown.keys()])) {
      await this.#store.polls.shown(connection, some);
      plans.push(...(await this.#seen(some, shown, now)));
    }
    for (const some of chunksOf(missing))
      plans.push(...(await this.#missing(connection, some, now)));
    return plans;
  }

  /** Writes down what is new of those that are shown. */
  async #seen(
    ids: readonly string[],
    found: ReadonlyMap<string, RunRecord>,
    now: number,
  ): Promise<readonly Plan[]> {
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
  async #missing(
    connection: string,
    records: readonly Polled[],
    now: number,
  ): Promise<readonly Plan[]> {
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

/** When a run is due again that could not be read. */
export function later({ id, doc }: Polled, now: number, retryAfterMs = 0): Plan {
  return [id, now + Math.min(Math.max(pauseFor(doc, now), retryAfterMs), slowestRetryMs)];
}

function lost(run: KeptRun, now: number): KeptRun {
  const at = instantOf(now);
  // It need not have begun anew: its end is known.
  if (run.askedAnew !== undefined) return { ...asItEnded(run), updatedAt: at };
  return {
    ...run,
    status: 'unknown',
    final: true,
    finishedAt: at,
    updatedAt: at,
    isCancelling: false,
    pendingCancel: null,
    error: {
      code: null,
      message: 'The platform does not show this run any more, so its end is not known.',
    },
  };
}
