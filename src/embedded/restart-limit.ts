const restartsPerMinute = 5;
const minuteMs = 60_000;

/** How long to wait before something that ended unasked is started again, in ms. */
export const restartDelayMs = 500;

/** Whether something that ends again and again may be started once more. */
export class RestartLimit {
  #startedAt: number[] = [];

  /** Counts a start. */
  count(): void {
    const now = Date.now();
    this.#startedAt = [...this.#startedAt.filter((at) => at > now - minuteMs), now];
  }

  /** Whether it was started more often within the last minute than anything that works is. */
  get isReached(): boolean {
    const since = Date.now() - minuteMs;
    return this.#startedAt.filter((at) => at > since).length > restartsPerMinute;
  }
}
