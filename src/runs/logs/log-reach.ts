import { standInMs, unlessAway } from '../stand-in.ts';
import type { LogSource } from './log-source.ts';

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
