import { RecalledError, UpstreamTimeoutError, NotCachedError } from '../domain/errors.ts';
import type { SourceProblem } from '../domain/source.ts';
import type { Cell, CellStore } from './cell.ts';
import { type Demand, type FreshnessPolicy, judge, standsIn } from './freshness.ts';
import type { Forwarded } from './sources.ts';
import { digest } from './views.ts';
import type { Walkable, Walks } from './walks.ts';

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
    const walkable = this.#walkable(target);
    const { cells, now } = await this.#cells.read([walkable.name]);
    const [cell] = cells;
    if (cell === undefined)
      throw new Error('a store answers with as many cells as it was asked for');
    const freshness = judge(cell, now, target.policy, demand);
    if (freshness === 'fresh') return this.#answer(target, cell, null);
    if (demand.onlyIfCached) {
      if (!demand.forced && standsIn(cell, now, target.policy))
        return this.#answer(target, cell, null);
      throw new NotCachedError(
        'Nothing of this is cached, and only the cache was to be asked.',
        target,
      );
    }
    if (freshness === 'stale') {
      this.#walks.behind(walkable, { cell, now });
      return this.#answer(target, cell, null);
    }
    const forwarded = demand.forced ? 'request' : freshness === 'missing' ? 'uri-miss' : 'stale';
    const settled = await this.#walks.settle(
      walkable,
      demand,
      { cell, now },
      Date.now() + target.timeoutMs,
    );
    const isNew =
      settled.cell.seq > cell.begun ||
      judge(settled.cell, settled.now, target.policy, demand) === 'fresh';
    if (isNew || standsIn(settled.cell, settled.now, target.policy)) {
      return this.#answer(target, settled.cell, forwarded);
    }
    throw this.#failure(target, settled.cell);
  }

  #walkable<T>(target: Readable<T>): Walkable {
    return {
      name: { connection: target.connection, what: target.what.join('/') },
      policy: target.policy,
      timeoutMs: target.timeoutMs,
      walk: async (signal) => Buffer.from(JSON.stringify(await target.fetch(signal))),
    };
  }

  #answer<T>(target: Readable<T>, cell: Cell, forwarded: Forwarded): ReadAnswer<T> {
    const text = cell.value?.toString('utf8') ?? 'null';
    return {
      value: JSON.parse(text) as T | null,
      etag: `W/"${digest(text)}"`,
      asOf: cell.asOf,
      freshUntil: cell.asOf + target.policy.ttl,
      forwarded,
      problem:
        cell.failure === null ? null : { code: cell.failure.code, detail: cell.failure.detail },
    };
  }

  #failure<T>({ connection, platform }: Readable<T>, { failure }: Cell): Error {
    if (failure === null)
      return new UpstreamTimeoutError('The platform did not answer in time.', {
        connection,
        platform,
      });
    const upstream = failure.upstream === null ? {} : { upstream: failure.upstream };
    return new RecalledError(failure.code, failure.detail, { connection, platform, ...upstream });
  }
}
