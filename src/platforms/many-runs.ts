import { pMapIterable } from 'p-map';
import { GatewayError, UpstreamRateLimitedError } from '../domain/errors.ts';
import type { RunRecord, RunRef, Sighting, Sightings } from '../domain/run.ts';
import { deadline, remainingMs } from '../timing/deadline.ts';

/** When so many in a row cannot be read it is not because of them, and no more are asked for. */
const mostFailures = 10;
/** So many more may have been read than were told. */
const mostAhead = 100;

/** How runs are read one by one. */
export interface ReadingEach {
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Reads runs one by one, begun in their order, and tells what becomes of each; once the time is over no more are begun. */
export async function* readEach<T extends Pick<RunRef, 'nativeId'>>(
  refs: readonly T[],
  read: (ref: T) => Promise<RunRecord | null>,
  { concurrency, signal }: ReadingEach,
): AsyncGenerator<Sightings> {
  let failures = 0;
  const sight = async (ref: T): Promise<Sighting> => {
    try {
      const run = await read(ref);
      failures = 0;
      return run;
    } catch (error) {
      failures += 1;
      if (!isOfSome(error) || failures >= mostFailures) throw error;
      return error;
    }
  };
  const look = async (ref: T): Promise<Sightings> =>
    new Map(signal.aborted ? [] : [[ref.nativeId, await sight(ref)]]);
  const backpressure = concurrency + mostAhead;
  yield* pMapIterable(refs, look, { concurrency, backpressure, preserveOrder: false });
}

/**
 * What a list shows of runs that can be read one by one as well: `nothing` when it fails, or takes more than half of the
 * time, so that some of them are read in any case.
 */
export async function listedFirst<T>(
  list: (signal: AbortSignal) => Promise<T>,
  nothing: T,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await list(deadline(remainingMs(signal) / 2, signal));
  } catch (error) {
    if (!isOfSome(error)) throw error;
    return nothing;
  }
}

/** Whether others may be read though this has failed: a platform that asks to slow down means all. */
export function isOfSome(error: unknown): error is GatewayError {
  return error instanceof GatewayError && !(error instanceof UpstreamRateLimitedError);
}
