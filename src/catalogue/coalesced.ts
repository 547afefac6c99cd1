/**
 * Shares one asynchronous read among many callers without ever giving somebody a result that is older than the call:
 * who comes while a read is under way gets the next one, which starts when that one is done.
 */
export class Coalesced<T> {
  #read: () => Promise<T>;
  #running: Promise<T> | null = null;
  #next: Promise<T> | null = null;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** `read`: how it is read from now on; whoever waits for a read that has not begun gets that of the newest caller. */
  run(read = this.#read): Promise<T> {
    this.#read = read;
    // It may be about to start: one that began meanwhile would take away what it is to read.
    if (this.#next !== null) return this.#next;
    if (this.#running === null) return this.#start();
    this.#next = this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<T> {
    this.#next = null;
    const running = this.#read().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}
