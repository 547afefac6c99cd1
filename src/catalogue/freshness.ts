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
  const maxStale =
    asked.maxStale === true ? (ms(asked.maxStaleDuration) ?? Number.POSITIVE_INFINITY) : null;
  return {
    forced: asked.noCache === true || asked.maxAge === 0,
    maxAgeMs: ms(asked.maxAge),
    minFreshMs: ms(asked.minFresh) ?? 0,
    maxStaleMs: maxStale,
    onlyIfCached: asked.onlyIfCached === true,
  };
}

/** `stale` may be served now while a refresh runs behind; `wait` needs a refresh first; `missing` has nothing. */
export type Freshness = 'fresh' | 'stale' | 'wait' | 'missing';

/** What a cell is worth to a call at `now` (ms since 1970, by the clock of the store). */
export function judge(cell: Cell, now: number, policy: FreshnessPolicy, demand: Demand): Freshness {
  if (cell.value === null) return 'missing';
  const writtenSince = cell.seenMark < cell.mark;
  if (demand.forced || writtenSince) return 'wait';
  const age = now - cell.asOf;
  const youngEnough = demand.maxAgeMs === null || age <= demand.maxAgeMs;
  if (youngEnough && age + demand.minFreshMs < policy.ttl) return 'fresh';
  if (demand.minFreshMs > 0) return 'wait';
  if (!youngEnough && demand.maxStaleMs === null) return 'wait';
  const allowance = demand.maxStaleMs ?? policy.staleWhileRevalidate;
  return age < policy.ttl + allowance ? 'stale' : 'wait';
}

/** Whether a cell may still stand in for an upstream that fails or is slow. */
export function standsIn(cell: Cell, now: number, policy: FreshnessPolicy): boolean {
  return cell.value !== null && now - cell.asOf < policy.ttl + policy.staleIfError;
}
