import {
  UpstreamRateLimitedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import { within } from '../timing/within.ts';

/** As long as lists wait where something can stand in, in ms. */
export const standInMs = 2_500;

/** What is kept is told while its platform cannot be asked (RFC 9211). */
export const standInStatus = 'process-gateway; hit; detail=stale-if-error';

const away = [UpstreamTimeoutError, UpstreamUnavailableError, UpstreamRateLimitedError];

/** Whether a platform cannot be asked now, whatever it is asked; else it has refused. */
export function isAway(error: unknown): boolean {
  return away.some((kind) => error instanceof kind);
}

/** What is looked for, unless its platform cannot be asked now, or takes longer. The look itself goes on. */
export async function unlessAway<T>(looking: Promise<T>, ms: number): Promise<T | 'away'> {
  try {
    const found = await within(
      looking.then((each) => [each] as const),
      ms,
    );
    return found === null ? 'away' : found[0];
  } catch (error) {
    if (isAway(error)) return 'away';
    throw error;
  }
}
