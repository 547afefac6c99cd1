import { Coalesced } from './coalesced.ts';

interface Reading<T> {
  readonly coalesced: Coalesced<T>;
  /** How many wait for it. */
  callers: number;
}

/**
 * Shares the reads of each key as `Coalesced` does: a thousand who come at once cost two, and nobody gets what is older than
 * their call. Of those who share a read the newest says how it is made, as what the others know is older; where it fails,
 * it fails for all of them.
 */
export class CoalescedReads<T> {
  readonly #reading = new Map<string, Reading<T>>();

  /** What a read of `key` gives that begins after this call. */
  async get(key: string, read: () => Promise<T>): Promise<T> {
    const reading = this.#reading.get(key) ?? { coalesced: new Coalesced(read), callers: 0 };
    this.#reading.set(key, reading);
    reading.callers += 1;
    try {
      return await reading.coalesced.run(read);
    } finally {
      reading.callers -= 1;
      if (reading.callers === 0) this.#reading.delete(key);
    }
  }
}
