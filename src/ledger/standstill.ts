const everyMs = 1_000;
/** Less than what of a lock is left at the least when it is renewed: nobody has taken over meanwhile. */
const longestMs = 5_000;

/** A moment by both clocks: one of them stands still while the machine sleeps, the other can be set. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export function thisMoment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** Notices that this process stood still, as one that was stopped, or whose machine slept: others may have taken over. */
export class Standstill {
  readonly #timer: NodeJS.Timeout;
  #seen: Moment;
  #hasHappened = false;

  constructor(since: Moment = thisMoment()) {
    this.#seen = since;
    this.#timer = setInterval(() => {
      this.#look();
    }, everyMs);
    this.#timer.unref();
  }

  /** Whether it has since then. */
  hasHappened(): boolean {
    this.#look();
    return this.#hasHappened;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = thisMoment();
    const gapMs = Math.max(now.monotonic - this.#seen.monotonic, now.wall - this.#seen.wall);
    if (gapMs >= longestMs) this.#hasHappened = true;
    this.#seen = now;
  }
}
