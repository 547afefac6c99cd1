import { bulkhead, BulkheadRejectedError, type BulkheadPolicy } from 'cockatiel';
import { StoreUnavailableError } from '../domain/errors.ts';
import { deadline } from '../timing/deadline.ts';

/** How many files are looked into at once, and for how long. */
export interface InspectionLimits {
  /** Files of so many bytes at most do not wait for larger ones. */
  readonly smallBytes: number;
  readonly smallAtOnce: number;
  readonly largeAtOnce: number;
  /** Of each kind. What waits lies on a disk. */
  readonly mostWaiting: number;
  /** For its turn, in ms. */
  readonly waitMs: number;
  /** Looking into a file may take as long as reading it from its store, in ms. */
  readonly lookMs: number;
}

const usual: InspectionLimits = {
  smallBytes: 1_024 ** 2,
  smallAtOnce: 8,
  largeAtOnce: 2,
  mostWaiting: 200,
  waitMs: 2 * 60_000,
  lookMs: 5 * 60_000,
};
const retryAfterMs = 10_000;

/** Looks into files, a few at once: each takes a processor, and some megabytes, for as long as that lasts. */
export class Inspections {
  readonly #limits: InspectionLimits;
  readonly #small: BulkheadPolicy;
  readonly #large: BulkheadPolicy;

  constructor(limits: InspectionLimits = usual) {
    const { smallAtOnce, largeAtOnce, mostWaiting } = limits;
    this.#limits = limits;
    this.#small = bulkhead(smallAtOnce, mostWaiting);
    this.#large = bulkhead(largeAtOnce, mostWaiting);
  }

  /**
   * What `inspect` gives of a file of `length` bytes; its time begins with its turn.
   * @throws StoreUnavailableError where it cannot have its turn, or be read, in time
   */
  async look<T>(length: number, inspect: (time: AbortSignal) => Promise<T>): Promise<T> {
    const { smallBytes, waitMs, lookMs } = this.#limits;
    const turns = length <= smallBytes ? this.#small : this.#large;
    return new Promise<T>((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(busy());
      }, waitMs);
      const turn = async (): Promise<void> => {
        // What is cancelled while it waits would keep the turn from those behind it.
        if (isLate) return;
        clearTimeout(timer);
        resolve(await looked(inspect, deadline(lookMs)));
      };
      turns.execute(turn).catch((error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof BulkheadRejectedError ? busy() : (error as Error));
      });
    });
  }
}

async function looked<T>(
  inspect: (time: AbortSignal) => Promise<T>,
  time: AbortSignal,
): Promise<T> {
  try {
    return await inspect(time);
  } catch (cause) {
    if (!time.aborted) throw cause;
    throw new StoreUnavailableError('The file could not be looked into in its time.', {
      outcome: 'not_sent',
      cause,
    });
  }
}

function busy(): StoreUnavailableError {
  return new StoreUnavailableError(
    'As many files are being looked into as can be at once, so nothing was done: send it again in a moment.',
    { outcome: 'not_sent', retryAfterMs },
  );
}
