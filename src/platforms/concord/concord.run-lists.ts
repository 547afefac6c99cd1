import { LRUCache } from 'lru-cache';
import pMap from 'p-map';
import { fromEpochMs } from '../../domain/instant.ts';
import type { RunRef } from '../../domain/run.ts';
import type { UpstreamQuery } from '../../upstream/upstream-call.ts';
import { isOfSome } from '../many-runs.ts';
import { isRunId, placeOf } from './concord.key.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { markBeginning, markKey, markOf } from './concord.run-mapper.ts';
import { runPages } from './concord.run-pages.ts';
import type { RunWire } from './concord.wire.ts';

/** How far apart the clocks of gateway and server may be. */
const clockSkewMs = 5 * 60_000;
const rememberedRuns = 20_000;

const marked: UpstreamQuery = { [`meta.${markKey}.startsWith`]: markBeginning };

/** Runs of one project that are looked for together. */
interface Batch {
  readonly organization: string;
  readonly project: string;
  /** When each was created, in ms since 1970. */
  readonly created: Map<string, number>;
}

/**
 * Finds many runs in the lists of their projects. What a gateway has started is asked for by its mark, so that it is not
 * searched for among all that others start there; only what bears none is looked for among everything.
 */
export class ConcordRunLists {
  readonly #client: ConcordRunClient;
  /** Whether a run bears a mark, which never changes. */
  readonly #marks = new LRUCache<string, boolean>({ max: rememberedRuns });

  constructor(client: ConcordRunClient) {
    this.#client = client;
  }

  /** Puts those that lists show into `found`, as they are read. */
  async find(
    runs: readonly RunRef[],
    found: Map<string, RunWire>,
    { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const inProject = async (batch: Batch): Promise<void> => {
      await this.#walk(
        only(batch, (id) => this.#marks.get(id) !== false),
        marked,
        found,
        signal,
      );
      const left = only(batch, (id) => !found.has(id) && this.#marks.get(id) !== true);
      await this.#walk(left, {}, found, signal);
    };
    await pMap(batchesOf(runs), inProject, { concurrency });
  }

  /** Remembers where a run is to be looked for. */
  learn(run: RunWire): void {
    this.#marks.set(run.instanceId, markOf(run)?.startsWith(markBeginning) === true);
  }

  /** From the newest on, until all are found or another page would cost more than it saves. */
  async #walk(
    { organization, project, created }: Batch,
    filter: UpstreamQuery,
    found: Map<string, RunWire>,
    signal: AbortSignal,
  ): Promise<void> {
    if (created.size < 2) return;
    const oldest = [...created.values()].reduce((one, other) => Math.min(one, other));
    const afterCreatedAt = fromEpochMs(oldest - clockSkewMs);
    const query = { orgName: organization, projectName: project, afterCreatedAt, ...filter };
    const left = new Set(created.keys());
    try {
      for await (const page of runPages(this.#client, query, signal)) {
        const before = left.size;
        for (const run of page) {
          if (!left.delete(run.instanceId)) continue;
          found.set(run.instanceId, run);
          this.learn(run);
        }
        if (left.size === 0 || before - left.size < 2) return;
      }
    } catch (error) {
      // A project that is gone, or is not shown, has no list; its runs may still be read one by one.
      if (!isOfSome(error)) throw error;
    }
  }
}

function only(batch: Batch, wants: (id: string) => boolean): Batch {
  return { ...batch, created: new Map([...batch.created].filter(([id]) => wants(id))) };
}

/** The runs of each project whose age is known. */
function batchesOf(runs: readonly RunRef[]): Iterable<Batch> {
  const batches = new Map<string, Batch>();
  for (const { nativeId, process, createdAt } of runs) {
    const place = process === null ? null : placeOf(process);
    if (place === null || createdAt === null || !isRunId(nativeId)) continue;
    const { organization, project } = place;
    const key = `${organization}/${project}`;
    const batch = batches.get(key) ?? { organization, project, created: new Map() };
    batch.created.set(nativeId.toLowerCase(), Date.parse(createdAt));
    batches.set(key, batch);
  }
  return batches.values();
}
