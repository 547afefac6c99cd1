import type { Readable } from 'node:stream';
import { GatewayError, RecalledError, UpstreamTimeoutError } from '../domain/errors.ts';
import type { Departure } from '../domain/write.ts';
import { deadline } from '../timing/deadline.ts';
import { type Moment, Standstill } from './standstill.ts';

/** How a request leaves, and how far it has come. */
export interface Leaving extends Departure {
  /** Whether anything of it has. */
  readonly hasLeft: () => boolean;
  /** For how long it has been away, in ms; 0 while it has not left. */
  readonly awayMs: () => number;
  /** Whether it has not left as a file that it was to bring is not there any more. */
  readonly lacksFile: () => boolean;
  /** It is answered, or given up. */
  readonly end: () => void;
}

/** When a request may leave. */
interface DepartureTimes {
  /** When the store was asked for the time that all of it counts from: since then this process must not stand still. */
  readonly askedAt: Moment;
  readonly lastMoment: Moment;
  /** How long all of it takes at the most, in ms. */
  readonly mostMs: number;
}

/** Nothing leaves after the last moment, nor once this process has stood still. It has to be made before the claim. */
export function departureOf(
  openFile: (id: string) => Promise<Readable>,
  { askedAt, lastMoment, mostMs }: DepartureTimes,
): Leaving {
  let leftAt: number | null = null;
  let lacksFile = false;
  const standstill = new Standstill(askedAt);
  return {
    signal: deadline(mostMs),
    permit: () => {
      const now = performance.now();
      const isOver = now >= lastMoment.monotonic || Date.now() >= lastMoment.wall;
      if (isOver || standstill.hasHappened())
        throw new UpstreamTimeoutError('It could not be written in its time.', { sent: 'no' });
      leftAt = now;
    },
    end: () => {
      standstill.end();
    },
    hasLeft: () => leftAt !== null,
    awayMs: () => (leftAt === null ? 0 : performance.now() - leftAt),
    lacksFile: () => lacksFile && leftAt === null,
    openFile: async (file) => {
      try {
        return await openFile(file);
      } catch (error) {
        lacksFile ||= error instanceof GatewayError && error.code === 'not_found';
        throw leftAt === null ? unsent(error) : error;
      }
    },
  };
}

/** A file that cannot be opened before anything has left is proof of that. */
function unsent(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  return new RecalledError(error, error.message, { ...error.details, sent: 'no', cause: error });
}

export function momentAfter({ monotonic, wall }: Moment, ms: number): Moment {
  return { monotonic: monotonic + ms, wall: wall + ms };
}
