import { parse } from '@tusbar/cache-control';
import type { Cell } from './cell.ts';

/** How long what was read is good for, in ms. */
export interface FreshnessPolicy {
  readonly ttl: number;
  /** After the ttl: served while one refresh runs behind. */
  readonly staleWhileRevalidate: number;
  /** After the ttl: served while the upstream fails. */
  readonly staleIfError: number;
}

/** What one call accepts: the request's Cache-Control (RFC 9111 §5.2.1). */
export interface Demand {
  /** Only what is read from the upstream after the call. */
  readonly forced: boolean;
  readonly maxAgeMs: number | null;
  readonly minFreshMs: number;
  /** Null: as configured. */
  readonly maxStaleMs: number | null;
  readonly onlyIfCached: boolean;
}

/** The demand of a request without Cache-Control. */
export const defaultDemand: Demand = {
  forced: false,
  maxAgeMs: null,
  minFreshMs: 0,
  maxStaleMs: null,
  onlyIfCached: false,
};

/** Reads a request's Cache-Control; what it does not know, it ignores, as RFC 9111 §5.2.3 asks. */
export function demandOf(header: string | undefined): Demand {
  if (header === undefined) return defaultDemand;
  const asked = parse(header);
  const ms = (seconds: number | null | undefined): number | null =>
    typeof seconds === 'number' ? seconds * 1_000 : null;
  const maxStaleMs =
    asked.maxStale === true ? (ms(asked.maxStaleDuration) ?? Number.POSITIVE_INFINITY) : null;
  return {
    forced: asked.noCache === true || (asked.maxAge === 0 && maxStaleMs === null),
    maxAgeMs: ms(asked.maxAge),
    minFreshMs: ms(asked.minFresh) ?? 0,
    maxStaleMs,
    onlyIfCached: asked.onlyIfCached === true,
  };
}

/** Whether a call asks for more than is configured: walks for such calls keep a distance, or callers would set the pace. */
export function isPressing({ forced, maxAgeMs, minFreshMs }: Demand): boolean {
  return forced || maxAgeMs !== null || minFreshMs > 0;
}

/** The time between two moments, in ms: a store whose clock was set back must not make anything fresh for hours. */
export function between(then: number, now: number): number {
  return Math.abs(now - then);
}

/** How long what was read has to be kept, in ms. */
export function keepMsOf({ ttl, staleWhileRevalidate, staleIfError }: FreshnessPolicy): number {
  return ttl + Math.max(staleWhileRevalidate, staleIfError);
}

/** `stale` may be served now while a refresh runs behind; `wait` needs a refresh first; `missing` has nothing. */
export type Freshness = 'fresh' | 'stale' | 'wait' | 'missing';

/** What a cell is worth to a call at `now` (ms since 1970, by the clock of the store). */
export function judge(cell: Cell, now: number, policy: FreshnessPolicy, demand: Demand): Freshness {
  if (cell.value === null) return 'missing';
  if (demand.forced || cell.seenMark !== cell.mark) return 'wait';
  const { ttl, staleWhileRevalidate } = policy;
  const { maxAgeMs, minFreshMs, maxStaleMs } = demand;
  const age = between(cell.asOf, now);
  const youngEnough = maxAgeMs === null || age <= maxAgeMs;
  if (youngEnough && age + minFreshMs < ttl) return 'fresh';
  if (minFreshMs > 0) return 'wait';
  if (maxStaleMs !== null)
    return age < Math.min(ttl, maxAgeMs ?? ttl) + maxStaleMs ? 'stale' : 'wait';
  return youngEnough && age < ttl + staleWhileRevalidate ? 'stale' : 'wait';
}

/** Whether a cell may still stand in for an upstream that fails or is slow. */
export function standsIn(cell: Cell, now: number, policy: FreshnessPolicy): boolean {
  return cell.value !== null && between(cell.asOf, now) < policy.ttl + policy.staleIfError;
}

/** Whether a cell answers a call that lets nobody ask the upstream: within what it asks for, if it asks for anything. */
export function answersAlone(
  cell: Cell,
  now: number,
  policy: FreshnessPolicy,
  demand: Demand,
): boolean {
  const freshness = judge(cell, now, policy, demand);
  if (freshness === 'fresh' || freshness === 'stale') return true;
  return !isPressing(demand) && demand.maxStaleMs === null && standsIn(cell, now, policy);
}

/** Why the upstream has to be asked (RFC 9211 §2.2): nothing is kept, what is kept is stale, or the request alone wants it. */
export function whyForwarded(
  cell: Cell,
  now: number,
  policy: FreshnessPolicy,
  demand: Demand,
): 'uri-miss' | 'stale' | 'request' {
  if (demand.forced) return 'request';
  const plain = judge(cell, now, policy, defaultDemand);
  return plain === 'missing' ? 'uri-miss' : plain === 'fresh' ? 'request' : 'stale';
}
