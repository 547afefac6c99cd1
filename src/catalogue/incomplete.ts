import {
  type GatewayError,
  isRetryable,
  NotCachedError,
  SourcesUnavailableError,
  UpstreamTimeoutError,
} from '../domain/errors.ts';
import { ended } from '../domain/sentence.ts';
import type { Source } from '../domain/source.ts';
import type { Demand } from './freshness.ts';
import { describeSource, type ResolvedSource } from './source.ts';

/** Whether a source brings items. */
export function contributes({ status }: Pick<Source, 'status'>): boolean {
  return status === 'fresh' || status === 'stale';
}

/**
 * Why these sources make no answer, or null when they do: a list that has to be complete and is not, one that may only
 * come from the cache and has nothing there, one of which every source failed.
 */
export function refusalOf(
  sources: readonly ResolvedSource[],
  requireAll: boolean,
  demand: Demand,
): GatewayError | null {
  if (sources.every(contributes)) return null;
  const described = sources.map((source) => describeSource(source, null));
  return refusalFor(described, requireAll, demand, leastWaitMs(sources));
}

/** The same of sources as an answer would show them. */
export function refusalFor(
  sources: readonly Source[],
  requireAll: boolean,
  demand: Demand,
  retryAfterMs: number | null = null,
): GatewayError | null {
  const missing = sources.filter((source) => !contributes(source));
  const nothing = sources.length > 0 && missing.length === sources.length;
  if (missing.length === 0) return null;
  const members = { sources };
  const names = missing.map(({ connection, status }) => `${connection} (${status})`).join(', ');
  const reasons = missing.flatMap(({ problem }) =>
    problem === null ? [] : [ended(problem.detail)],
  );
  if (demand.onlyIfCached && (nothing || requireAll)) {
    const why = [...new Set(reasons)].join(' ');
    return new NotCachedError(`Only the cache was to be asked, and lacks ${names}. ${why}`.trim(), {
      members,
    });
  }
  const allFailed = nothing && missing.every(({ status }) => status === 'failed');
  if (!requireAll && !allFailed) return null;
  if (missing.every(isOnlySlow)) {
    const wait = retryAfterMs === null ? {} : { retryAfterMs };
    return new UpstreamTimeoutError(
      `The list is not complete yet: ${names} did not answer in time.`,
      { members, ...wait },
    );
  }
  // Where nothing but bad credentials is in the way, somebody has to change something first.
  const retryable = missing.some(({ problem }) => problem === null || isRetryable(problem.code));
  return new SourcesUnavailableError(`The list misses ${names}. ${reasons.join(' ')}`.trim(), {
    members,
    retryable,
    ...(retryable && retryAfterMs !== null ? { retryAfterMs } : {}),
  });
}

/** Whether a walk still runs, or took too long, so that nothing else is known to be wrong. */
function isOnlySlow({ status, problem }: Source): boolean {
  return status !== 'failed' || problem?.code === 'upstream_timeout';
}

/** After how many ms the first of the missing sources may be there again; null where one may at once. */
function leastWaitMs(sources: readonly ResolvedSource[]): number | null {
  const waits = sources
    .filter((source) => !contributes(source))
    .filter(({ problem }) => problem === null || isRetryable(problem.code))
    .map(({ retryAfterMs }) => retryAfterMs ?? 0);
  const least = Math.min(...waits);
  return least > 0 && Number.isFinite(least) ? least : null;
}
