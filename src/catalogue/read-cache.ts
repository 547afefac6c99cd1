import { NotCachedError, RecalledError, UpstreamTimeoutError } from '../domain/errors.ts';
import { encodeKey } from '../domain/ids.ts';
import type { SourceProblem } from '../domain/source.ts';
import { type Cell, type CellName, type CellStore, emptyCell } from './cell.ts';
import {
  answersAlone,
  type Demand,
  type FreshnessPolicy,
  judge,
  keepMsOf,
  standsIn,
} from './freshness.ts';
import { type Forwarded, problemOf } from './source.ts';
import { digest } from './views.ts';
import type { Settled, Walkable } from './walkable.ts';
import type { Walks } from './walks.ts';

/** One thing that is read from an upstream and kept for a while. */
export interface Readable<T> {
  readonly connection: string;
  readonly platform: string;
  readonly policy: FreshnessPolicy;
  /** For the whole read, tries included, in ms. */
  readonly timeoutMs: number;
  /** What is read, and its key: `process`, `Default:demo:main:default`. */
  readonly what: readonly string[];
  /** Null when the upstream has no such thing, which is kept as well. It must hold no secret. */
  readonly fetch: (signal: AbortSignal) => Promise<T | null>;
}

/** What a read gives. */
export interface ReadAnswer<T> {
  readonly value: T | null;
  readonly etag: string;
  /** When the read began, in ms since 1970. */
  readonly asOf: number;
  readonly freshUntil: number;
  readonly forwarded: Forwarded;
  /** Why it is not fresher than it is. */
  readonly problem: SourceProblem | null;
}

/** Single reads: kept per key with the same words of freshness as lists, and read once however many ask. */
export class ReadCache {
  readonly #cells: CellStore;
  readonly #walks: Walks;

  constructor(cells: CellStore, walks: Walks) {
    this.#cells = cells;
    this.#walks = walks;
  }

  /** @throws the upstream's error when there is nothing kept to stand in */
  async read<T>(target: Readable<T>, demand: Demand): Promise<ReadAnswer<T>> {
    const { connection, platform, policy } = target;
    const name = nameOf(target);
    const { cells, now } = await this.#cells.read([name]);
    const [cell = emptyCell] = cells;
    const freshness = judge(cell, now, policy, demand);
    if (freshness === 'fresh') return answerOf(target, cell, null);
    if (demand.onlyIfCached) {
      if (answersAlone(cell, now, policy, demand)) return answerOf(target, cell, null);
      const refusal = 'Nothing of this is cached, and only the cache was to be asked.';
      throw new NotCachedError(refusal, { connection, platform });
    }
    const walkable = walkableOf(target, name);
    if (freshness === 'stale') {
      this.#walks.behind(walkable, { cell, now });
      return answerOf(target, cell, null);
    }
    const forwarded = demand.forced ? 'request' : freshness === 'missing' ? 'uri-miss' : 'stale';
    const untilMs = Date.now() + target.timeoutMs;
    const settled = await this.#walks.settle(walkable, demand, { cell, now }, untilMs);
    const { outcome } = settled;
    const isGood = outcome === 'fresh' || outcome === 'stale';
    if (isGood || standsIn(settled.cell, settled.now, policy))
      return answerOf(target, settled.cell, forwarded);
    throw failureOf(target, settled);
  }
}

/** Apart from the lists, and unambiguous whatever the parts are made of. */
function nameOf<T>({ connection, what }: Readable<T>): CellName {
  return { connection, what: `read:${encodeKey(what)}` };
}

function walkableOf<T>({ policy, timeoutMs, fetch }: Readable<T>, name: CellName): Walkable {
  return {
    name,
    policy,
    timeoutMs,
    walk: async (signal) => {
      const read = await fetch(signal);
      return {
        value: Buffer.from(JSON.stringify(read)),
        // That there is nothing is no comfort while the upstream fails, and anybody can ask for what is not there.
        keepMs: read === null ? policy.ttl : keepMsOf(policy),
        landed: () => Promise.resolve(),
      };
    },
  };
}

function answerOf<T>({ policy }: Readable<T>, cell: Cell, forwarded: Forwarded): ReadAnswer<T> {
  const text = cell.value?.toString('utf8') ?? 'null';
  return {
    value: JSON.parse(text) as T | null,
    etag: `W/"${digest(text)}"`,
    asOf: cell.asOf,
    freshUntil: cell.asOf + policy.ttl,
    forwarded,
    problem: problemOf(cell),
  };
}

function failureOf<T>(
  { connection, platform }: Readable<T>,
  { cell: { failure }, outcome }: Settled,
): Error {
  if (failure === null || outcome === 'late') {
    const late = 'The platform did not answer in time.';
    return new UpstreamTimeoutError(late, { connection, platform });
  }
  const upstream = failure.upstream === null ? {} : { upstream: failure.upstream };
  return new RecalledError(failure.code, failure.detail, { connection, platform, ...upstream });
}
