import {
  type GatewayError,
  NotCachedError,
  SourcesUnavailableError,
  UpstreamTimeoutError,
} from '../domain/errors.ts';
import type { Demand } from './freshness.ts';
import { describeSource, type ResolvedSource } from './source.ts';

/** Whether a source brings items. */
export function contributes({ status }: ResolvedSource): boolean {
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
  const missing = sources.filter((source) => !contributes(source));
  const nothing = sources.length > 0 && missing.length === sources.length;
  if (missing.length === 0) return null;
  const members = { sources: sources.map((source) => describeSource(source, null)) };
  const names = missing.map(({ source, status }) => `${source.connection} (${status})`).join(', ');
  if (demand.onlyIfCached && (nothing || requireAll)) {
    return new NotCachedError(
      `Nothing is cached of ${names}, and only the cache was to be asked.`,
      { members },
    );
  }
  const failed = missing.some(({ status }) => status === 'failed');
  if (requireAll && !failed) {
    return new UpstreamTimeoutError(
      `The list is not complete yet: ${names} did not answer in time.`,
      { members },
    );
  }
  const allFailed = nothing && missing.every(({ status }) => status === 'failed');
  if (!requireAll && !allFailed) return null;
  const reasons = missing.flatMap(({ problem }) => (problem === null ? [] : [problem.detail]));
  return new SourcesUnavailableError(`The list misses ${names}. ${reasons.join(' ')}`.trim(), {
    members,
  });
}
