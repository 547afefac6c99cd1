import { bulkhead, type BulkheadPolicy } from 'cockatiel';
import { InvalidRequestError, StoreUnavailableError } from '../domain/errors.ts';
import { deadline } from '../timing/deadline.ts';

/** How many files of a kind are looked into at once, and how many may wait when another one comes. */
interface Turns {
  readonly atOnce: number;
  readonly mostWaiting: number;
}

/** How files take their turns. */
export interface InspectionLimits {
  /** Files of so many bytes at most are small, and do not wait for larger ones. */
  readonly smallBytes: number;
  readonly small: Turns;
  /** They lie on a disk while they wait. */
  readonly large: Turns;
  /** A small one waits so long for its turn, in ms; a large one for as long as those before it take. */
  readonly waitMs: number;
  /** Looking into a file may take as long as reading it from its store, in ms. */
  readonly lookMs: number;
}

const usual: InspectionLimits = {
  smallBytes: 1_024 ** 2,
  small: { atOnce: 8, mostWaiting: 200 },
  large: { atOnce: 2, mostWaiting: 50 },
  waitMs: 2 * 60_000,
  lookMs: 5 * 60_000,
};
const retryAfterMs = 10_000;
/** Who was let in is not sent away for want of a place. */
const endless = Number.MAX_SAFE_INTEGER;

/** Looks into files, a few at once: each takes a processor, and some megabytes, for as long as that lasts. */
export class Inspections {
  readonly #limits: InspectionLimits;
  readonly #small: BulkheadPolicy;
  readonly #large: BulkheadPolicy;

  constructor(limits: InspectionLimits = usual) {
    this.#limits = limits;
    this.#small = bulkhead(limits.small.atOnce, endless);
    this.#large = bulkhead(limits.large.atOnce, endless);
  }

  /**
   * Lets in a file of about `length` bytes, before any of it is taken: to send one of 300 MB again, because others have come
   * meanwhile, helps nobody.
   * @throws StoreUnavailableError where as many wait as may
   */
  admit(length: number): void {
    const { small, large } = this.#limits;
    const { mostWaiting } = this.#isSmall(length) ? small : large;
    if (endless - this.#turnsOf(length).queueSlots >= mostWaiting) throw busy();
  }

  /**
   * What `inspect` gives of a file of `length` bytes; its time begins with its turn. Nobody waits for it once `unwanted`
   * fires.
   * @throws StoreUnavailableError where it cannot have its turn, or be read, in time
   */
  async look<T>(
    length: number,
    inspect: (time: AbortSignal) => Promise<T>,
    unwanted = new AbortController().signal,
  ): Promise<T> {
    const { waitMs, lookMs } = this.#limits;
    if (unwanted.aborted) throw hungUp();
    return new Promise<T>((resolve, reject) => {
      let hasLeft = false;
      const leave = (why: Error): void => {
        hasLeft = true;
        clearTimeout(timer);
        reject(why);
      };
      const hangUp = (): void => {
        leave(hungUp());
      };
      const timer = this.#isSmall(length)
        ? setTimeout(() => {
            leave(busy());
          }, waitMs)
        : undefined;
      unwanted.addEventListener('abort', hangUp, { once: true });
      const turn = async (): Promise<void> => {
        // What is cancelled while it waits would keep the turn from those behind it.
        if (hasLeft) return;
        clearTimeout(timer);
        unwanted.removeEventListener('abort', hangUp);
        resolve(await looked(inspect, deadline(lookMs)));
      };
      this.#turnsOf(length).execute(turn).catch(reject);
    });
  }

  #isSmall(length: number): boolean {
    return length <= this.#limits.smallBytes;
  }

  #turnsOf(length: number): BulkheadPolicy {
    return this.#isSmall(length) ? this.#small : this.#large;
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
    'As many files wait to be looked into as can, so nothing was done: send it again in a moment.',
    { outcome: 'not_sent', retryAfterMs },
  );
}

function hungUp(): InvalidRequestError {
  return new InvalidRequestError('Its caller has hung up before the file was looked into.', {
    outcome: 'not_sent',
  });
}
