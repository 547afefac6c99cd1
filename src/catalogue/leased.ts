import { Coalesced } from './coalesced.ts';

/**
 * A value that lives elsewhere and is looked at by every call. A read of it stands for all calls within `leaseMs` from
 * its begin. So that nobody misses a change that was told of, whoever makes one waits `leaseMs` before telling: by then
 * every read that began before the change has had its time.
 */
export class Leased<T> {
  readonly #leaseMs: number;
  readonly #clock: () => number;
  readonly #reading: Coalesced<T>;
  #lease: { readonly value: T; readonly until: number } | null = null;
  #drops = 0;

  /** `clock` never goes back; in ms. */
  constructor(leaseMs: number, read: () => Promise<T>, clock = () => performance.now()) {
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#reading = new Coalesced(async () => {
      const [begun, drops] = [clock(), this.#drops];
      const value = await read();
      // What was dropped meanwhile may be what this read has brought.
      if (drops === this.#drops) this.#lease = { value, until: begun + leaseMs };
      return value;
    });
  }

  /** The value, if a read stands for it now; undefined when it has to be read. */
  get known(): T | undefined {
    const lease = this.#lease;
    return lease !== null && this.#clock() < lease.until ? lease.value : undefined;
  }

  /** The value as it stands, or stood `leaseMs` before the call at most. */
  async get(): Promise<T> {
    return this.known ?? this.#reading.run();
  }

  /** This process has changed it. */
  drop(): void {
    this.#drops += 1;
    this.#lease = null;
  }

  /** Resolves when no process takes the value for what it was before this call any more. */
  async settled(): Promise<void> {
    // Timers of Node may fire a millisecond early.
    await new Promise((resolve) => setTimeout(resolve, this.#leaseMs + 2));
  }
}
