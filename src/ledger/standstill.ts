const everyMs = 1_000;
/** Less than what of a lock is left at the least when it is renewed: nobody has taken over meanwhile. */
const longestMs = 5_000;

/** Notices that this process stood still, as one that was stopped, or whose machine slept: others may have taken over. */
export class Standstill {
  readonly #timer: NodeJS.Timeout;
  #seen = { monotonic: performance.now(), wall: Date.now() };
  #hasHappened = false;

  constructor() {
    this.#timer = setInterval(() => {
      this.#look();
    }, everyMs);
    this.#timer.unref();
  }

  /** Whether it has since this was made. */
  hasHappened(): boolean {
    this.#look();
    return this.#hasHappened;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = { monotonic: performance.now(), wall: Date.now() };
    const gapMs = Math.max(now.monotonic - this.#seen.monotonic, now.wall - this.#seen.wall);
    if (gapMs >= longestMs) this.#hasHappened = true;
    this.#seen = now;
  }
}
