import { StoreUnavailableError } from '../domain/errors.ts';
import { deadline } from '../timing/deadline.ts';
import { Places } from '../timing/places.ts';

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

/** Looks into files, a few at once: each takes a processor, and some megabytes, for as long as that lasts. */
export class Inspections {
  readonly #limits: InspectionLimits;
  readonly #small: Places;
  readonly #large: Places;

  constructor(limits: InspectionLimits = usual) {
    this.#limits = limits;
    this.#small = new Places(limits.small.atOnce);
    this.#large = new Places(limits.large.atOnce);
  }

  /**
   * Lets in a file of about `length` bytes, before any of it is taken: to send one of 300 MB again, because others have come
   * meanwhile, helps nobody.
   * @throws StoreUnavailableError where as many wait as may
   */
  admit(length: number): void {
    const { small, large } = this.#limits;
    const { mostWaiting } = this.#isSmall(length) ? small : large;
    if (this.#placesFor(length).waiting >= mostWaiting) throw busy();
  }

  /**
   * What `inspect` gives of a file of `length` bytes; its time begins with its turn. Nobody waits for it once `unwanted`
   * fires, which ends it, too.
   * @throws StoreUnavailableError where it cannot have its turn, or be read, in time
   */
  async look<T>(
    length: number,
    inspect: (time: AbortSignal) => Promise<T>,
    unwanted = new AbortController().signal,
  ): Promise<T> {
    const { waitMs, lookMs } = this.#limits;
    const turnOf = { isBegun: false };
    const turn = (): Promise<T> => {
      turnOf.isBegun = true;
      return looked(inspect, deadline(lookMs, unwanted));
    };
    const patience = this.#isSmall(length) ? deadline(waitMs, unwanted) : unwanted;
    try {
      return await this.#placesFor(length).take(turn, patience);
    } catch (error) {
      throw turnOf.isBegun ? error : busy();
    }
  }

  #isSmall(length: number): boolean {
    return length <= this.#limits.smallBytes;
  }

  #placesFor(length: number): Places {
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
