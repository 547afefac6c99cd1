import { Coalesced } from '../catalogue/coalesced.ts';

interface Shared<T> {
  readonly reading: Coalesced<T>;
  readonly newest: Promise<T>;
}

/** Shares reads among all callers of this process: each stands for those that come while it lasts, and for a while after. */
export class SharedReads<T> {
  readonly #keepMs: number;
  readonly #shared = new Map<string, Shared<T>>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** What a read of `key` gives; `isAnew`: of one that begins after the call, which is shared with others who want that. */
  get(key: string, read: () => Promise<T>, isAnew = false): Promise<T> {
    const known = this.#shared.get(key);
    if (known !== undefined && !isAnew) return known.newest;
    const reading = known?.reading ?? new Coalesced(read);
    const newest = reading.run(read);
    this.#shared.set(key, { reading, newest });
    const forget = (): void => {
      if (this.#shared.get(key)?.newest === newest) this.#shared.delete(key);
    };
    // What failed is tried again by whoever comes next.
    newest.then(() => setTimeout(forget, this.#keepMs).unref(), forget);
    return newest;
  }
}
