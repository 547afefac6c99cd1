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
  const looking = source.size(gone).then((size) => (size === null ? [] : [size]));
  const found = kept === null ? await looking : await unlessAway(looking, patienceMs);
  if (found === null) return { size: (await source.kept?.()) ?? kept ?? 0, isStale: true };
  const [size] = found;
  return size === undefined ? null : { size, isStale: false };
}

/** What is looked for; null where its platform cannot be asked now, or takes longer. The look itself goes on. */
async function unlessAway<T>(looking: Promise<T>, ms: number): Promise<T | null> {
  try {
    return await within(looking, ms);
  } catch (error) {
    if (away.some((kind) => error instanceof kind)) return null;
    throw error;
  }
}

const away = [UpstreamTimeoutError, UpstreamUnavailableError, UpstreamRateLimitedError];
