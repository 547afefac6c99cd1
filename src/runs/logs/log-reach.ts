import {
  UpstreamRateLimitedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../../domain/errors.ts';
import { within } from '../../timing/within.ts';
import type { LogSource } from './log-source.ts';

/** As long as lists wait where something can stand in, in ms. */
const standInMs = 2_500;

/** How far a log reaches. */
export interface LogReach {
  readonly size: number;
  /** That its platform could not be asked, or not in time: it may be longer by now. */
  readonly isStale: boolean;
}

/** How far a log reaches by its platform's word, however long that takes; null without a log. */
export async function reachNow(source: LogSource, gone: AbortSignal): Promise<LogReach | null> {
  const size = await source.size(gone);
  return size === null ? null : { size, isStale: false };
}

/**
 * How far a log reaches now, or as far as it is kept while its platform fails or hangs: what was read once never changes.
 * Null without a log.
 */
export async function reachOf(
  source: LogSource,
  gone: AbortSignal,
  patienceMs = standInMs,
): Promise<LogReach | null> {
  const kept = (await source.kept?.()) ?? null;
  const looking = reachNow(source, gone);
  const found = kept === null ? await looking : await unlessAway(looking, patienceMs);
  if (found !== 'away') return found;
  return { size: (await source.kept?.()) ?? kept ?? 0, isStale: true };
}

/** Whether its platform says that a log has nothing from `at` on: what is kept of it cannot tell. */
export async function hasNothingFrom(
  at: number,
  source: LogSource,
  gone: AbortSignal,
  patienceMs = standInMs,
): Promise<boolean> {
  const found = await unlessAway(reachNow(source, gone), patienceMs);
  return found !== 'away' && at >= (found?.size ?? 0);
}

/** What is looked for, unless its platform cannot be asked now, or takes longer. The look itself goes on. */
async function unlessAway<T>(looking: Promise<T>, ms: number): Promise<T | 'away'> {
  try {
    const found = await within(
      looking.then((each) => [each] as const),
      ms,
    );
    return found === null ? 'away' : found[0];
  } catch (error) {
    if (away.some((kind) => error instanceof kind)) return 'away';
    throw error;
  }
}

const away = [UpstreamTimeoutError, UpstreamUnavailableError, UpstreamRateLimitedError];
