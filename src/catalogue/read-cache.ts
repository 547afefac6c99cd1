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
  whyForwarded,
} from './freshness.ts';
import { type Forwarded, problemOf } from './source.ts';
import { digest } from './views.ts';
import type { Reading, Settled, Walkable } from './walkable.ts';
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
  /** Whether the caller has something else to show, so that an upstream that hangs need not be waited for. */
  readonly elsewhere: () => Promise<boolean>;
  /** When the call began (Date.now) that this read is one of; now when left out. One deadline holds for all of them. */
  readonly askedAt?: number;
}

/** Of what is read, in characters. */
const longestName = 200;

/** For a read that nothing else can stand in for. */
export const nowhereElse = (): Promise<boolean> => Promise.resolve(false);

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
  /** When the newest look at the upstream began or failed, in ms since 1970. */
  readonly lookedAt: number;
}

/** Single reads: kept per key with the same words of freshness as lists, and read once however many ask. */
export class ReadCache {
  readonly #cells: CellStore;
  readonly #walks: Walks;
  readonly #deadlineMs: number;

  /** Where something can stand in, an upstream is waited for no longer than `deadlineMs`. */
  constructor(cells: CellStore, walks: Walks, deadlineMs: number) {
    this.#cells = cells;
    this.#walks = walks;
    this.#deadlineMs = deadlineMs;
  }

  /** @throws the upstream's error when there is nothing kept to stand in */
  async read<T>(target: Readable<T>, wish: Demand): Promise<ReadAnswer<T>> {
    const { connection, platform } = target;
    const name = nameOf(target);
    const { cells, now } = await this.#cells.read([name]);
    const [cell = emptyCell] = cells;
    const { policy, demand } = termsOf(target, wish, cell);
    const freshness = judge(cell, now, policy, demand);
    if (freshness === 'fresh') return answerOf(target, cell, null);
    if (demand.onlyIfCached) {
      if (answersAlone(cell, now, policy, demand)) return answerOf(target, cell, null);
      const what =
        cell.value === null ? 'nothing of this' : 'only what is older than was asked for';
      const refusal = `Only the cache was to be asked, and it has ${what}.`;
      throw new NotCachedError(refusal, { connection, platform });
    }
    const walkable = { ...walkableOf(target, name), policy };
    if (freshness === 'stale') {
      this.#walks.behind(walkable, { cell, now });
      return answerOf(target, cell, null);
    }
    const forwarded = whyForwarded(cell, now, policy, demand);
    const settled = await this.#settle(target, walkable, demand, { cell, now });
    const { outcome } = settled;
    if (outcome === 'fresh' || outcome === 'stale')
      return answerOf(target, settled.cell, forwarded);
    if (isComfort(settled, target.policy)) return answerOf(target, settled.cell, 'stale-if-error');
    throw failureOf(target, settled, this.#walks.againAfterMs(settled));
  }

  /** Waits for the whole read only while nothing can stand in; the read itself goes on behind in any case. */
  async #settle<T>(
    target: Readable<T>,
    walkable: Walkable,
    demand: Demand,
    first: Reading,
  ): Promise<Settled> {
    const begunAt = Date.now();
    const { timeoutMs, askedAt = begunAt } = target;
    const soon = askedAt + Math.min(this.#deadlineMs, timeoutMs);
    const settled = await this.#walks.settle(walkable, demand, first, soon);
    if (settled.outcome !== 'late' || isComfort(settled, target.policy)) return settled;
    if (await target.elsewhere()) return settled;
    return this.#walks.settle(walkable, demand, first, begunAt + timeoutMs);
  }
}

/** That there is nothing. */
const nothing = 'null';

function isNothing({ value }: Cell): boolean {
  return value !== null && value.length === nothing.length && value.toString() === nothing;
}

/** That there is nothing is good for its ttl and no longer, whatever the call allows: it may be there by now. */
function termsOf<T>(
  { policy }: Readable<T>,
  demand: Demand,
  cell: Cell,
): { readonly policy: FreshnessPolicy; readonly demand: Demand } {
  if (!isNothing(cell)) return { policy, demand };
  return {
    policy: { ttl: policy.ttl, staleWhileRevalidate: 0, staleIfError: 0 },
    demand: { ...demand, maxStaleMs: null },
  };
}

/** Whether what is kept may stand in while the upstream fails: that there was nothing says nothing then. */
function isComfort({ cell, now }: Reading, policy: FreshnessPolicy): boolean {
  return !isNothing(cell) && standsIn(cell, now, policy);
}

/** Apart from the lists, and unambiguous whatever the parts are made of; callers choose them, so a long one is not kept as it is. */
function nameOf<T>({ connection, what }: Readable<T>): CellName {
  const text = encodeKey(what);
  return { connection, what: `read:${text.length > longestName ? digest(text) : text}` };
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
        // Anybody can ask for what is not there.
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
    lookedAt: cell.failure?.at ?? cell.asOf,
  };
}

function failureOf<T>(
  { connection, platform }: Readable<T>,
  { cell: { failure }, outcome }: Settled,
  retryAfterMs: number | null,
): Error {
  if (failure === null || outcome === 'late') {
    const late = 'The platform did not answer in time.';
    return new UpstreamTimeoutError(late, { connection, platform });
  }
  const { detail, upstream } = failure;
  return new RecalledError(failure, detail, {
    connection,
    platform,
    ...(upstream === null ? {} : { upstream }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}
