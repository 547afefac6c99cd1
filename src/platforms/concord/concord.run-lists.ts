import { LRUCache } from 'lru-cache';
import pMap from 'p-map';
import { fromEpochMs, toInstant } from '../../domain/instant.ts';
import type { RunRef } from '../../domain/run.ts';
import type { UpstreamQuery } from '../../upstream/upstream-call.ts';
import { isOfSome } from '../many-runs.ts';
import { isRunId, placeOf } from './concord.key.ts';
import { markBeginning, markKey, markOf } from './concord.run-mapper.ts';
import { type RunLists, runPages } from './concord.run-pages.ts';
import type { RunWire } from './concord.wire.ts';

/** How far apart the clocks of gateway and server may be, in ms. */
const clockSkewMs = 5 * 60_000;
const rememberedRuns = 20_000;
/** A page of a list costs about as much as so many runs that are read by themselves. */
const pageWorth = 5;

const marked: UpstreamQuery = { [`meta.${markKey}.startsWith`]: markBeginning };

/** Runs of one project that are looked for together. */
interface Batch {
  readonly organization: string;
  readonly project: string;
  /** When each was created, in ms since 1970. */
  readonly created: Map<string, number>;
}

/** Where a run is to be looked for. */
interface Learnt {
  readonly isMarked: boolean;
  readonly createdMs: number | null;
}

type RunsById = Map<string, RunWire>;

/** How a list is walked, and where what it shows goes. */
interface Walk {
  readonly filter: UpstreamQuery;
  readonly found: RunsById;
  readonly signal: AbortSignal;
}

/**
 * Finds many runs in the lists of their projects. What a gateway has started is asked for by its mark, so that it is not
 * searched for among all that others start there; only what bears none is looked for among everything.
 */
export class ConcordRunLists {
  readonly #client: RunLists;
  /** Whether a run bears a mark, and when it was created, which never change. */
  readonly #learnt = new LRUCache<string, Learnt>({ max: rememberedRuns });

  constructor(client: RunLists) {
    this.#client = client;
  }

  /** Puts those that lists show into `found`, as they are read. */
  async find(
    runs: readonly RunRef[],
    found: RunsById,
    { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const isMarked = (id: string): boolean | undefined => this.#learnt.get(id)?.isMarked;
    const inProject = async (batch: Batch): Promise<void> => {
      const own = only(batch, (id) => isMarked(id) !== false);
      await this.#walk(own, { filter: marked, found, signal });
      const others = only(batch, (id) => !found.has(id) && isMarked(id) !== true);
      await this.#walk(others, { filter: {}, found, signal });
    };
    await pMap(this.#batchesOf(runs), inProject, { concurrency });
  }

  /** Remembers where a run is to be looked for. */
  learn(run: RunWire): void {
    const isMarked = markOf(run)?.startsWith(markBeginning) === true;
    this.#learnt.set(run.instanceId, { isMarked, createdMs: createdMs(run) });
  }

  /**
   * From the newest of them on, past what was created between them, until all are found or it is cheaper to ask for the
   * others one by one; `idle`: so many pages in a row have saved less than they cost.
   */
  async #walk(batch: Batch, walk: Walk, idle = 0): Promise<void> {
    let left = batch.created;
    let vain = idle;
    const isWorthMore = (): boolean => left.size > Math.max(vain * pageWorth, 1);
    if (!isWorthMore()) return;
    try {
      for await (const page of runPages(this.#client, queryFor(batch, walk.filter), walk.signal)) {
        const shown = page.filter(({ instanceId }) => left.has(instanceId));
        for (const run of shown) {
          walk.found.set(run.instanceId, run);
          this.learn(run);
        }
        vain = shown.length < pageWorth ? vain + 1 : 0;
        const at = createdMs(page.at(-1));
        left = stillAhead(left, walk.found, at);
        if (!isWorthMore()) return;
        if (at !== null && latest(left) < at) {
          await this.#walk({ ...batch, created: left }, walk, vain);
          return;
        }
      }
    } catch (error) {
      // A project that is gone, or is not shown, has no list; its runs may still be read one by one.
      if (!isOfSome(error)) throw error;
    }
  }

  /** The runs of each project whose age is known. */
  #batchesOf(runs: readonly RunRef[]): Iterable<Batch> {
    const batches = new Map<string, Batch>();
    for (const { nativeId, process, createdAt } of runs) {
      const place = process === null ? null : placeOf(process);
      if (place === null || createdAt === null || !isRunId(nativeId)) continue;
      const { organization, project } = place;
      const key = `${organization}/${project}`;
      const batch = batches.get(key) ?? { organization, project, created: new Map() };
      const id = nativeId.toLowerCase();
      // What was sent may have been held on its way, so the server's own word goes first.
      batch.created.set(id, this.#learnt.get(id)?.createdMs ?? Date.parse(createdAt));
      batches.set(key, batch);
    }
    return batches.values();
  }
}

function only(batch: Batch, wants: (id: string) => boolean): Batch {
  return { ...batch, created: new Map([...batch.created].filter(([id]) => wants(id))) };
}

/** What lists the runs of a batch, and what was created between them. */
function queryFor({ organization, project, created }: Batch, filter: UpstreamQuery): UpstreamQuery {
  const oldest = [...created.values()].reduce((one, other) => Math.min(one, other));
  const afterCreatedAt = fromEpochMs(oldest - clockSkewMs);
  const beforeCreatedAt = fromEpochMs(latest(created));
  return {
    orgName: organization,
    projectName: project,
    afterCreatedAt,
    beforeCreatedAt,
    ...filter,
  };
}

/** Later than this none of them was created, in ms since 1970. */
function latest(created: Batch['created']): number {
  return [...created.values()].reduce((one, other) => Math.max(one, other)) + clockSkewMs;
}

/** Those that a list may still show once it has come down to what was created then; null: nobody knows when that was. */
function stillAhead(
  created: Batch['created'],
  found: RunsById,
  at: number | null,
): Batch['created'] {
  const isAhead = (id: string, ms: number): boolean =>
    !found.has(id) && (at === null || ms - clockSkewMs <= at);
  return new Map([...created].filter(([id, ms]) => isAhead(id, ms)));
}

function createdMs(run: RunWire | undefined): number | null {
  const at = toInstant(run?.createdAt);
  return at === null ? null : Date.parse(at);
}
