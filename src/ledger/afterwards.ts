import type { Log } from '../telemetry/log.ts';
import { within } from '../timing/within.ts';
import { persistently } from './persistently.ts';

/** What is still to be stored when this process ends is tried for so long, in ms. */
const closeMs = 5_000;
/** What is under way when that time is over is waited for so much longer, in ms: it may never end. */
const lastMs = 1_000;

/**
 * Stores what nobody but this process knows beside the answer to whoever brought it about: while Redis is away it is tried
 * again for as long as it matters.
 */
export class Afterwards {
  readonly #log: Log;
  /** What is tried again, and the record that it is about. */
  readonly #going = new Map<Promise<void>, string>();
  readonly #closing = new AbortController();

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Resolves once the work was tried for the first time, whether that has succeeded or not; it has to be of a kind that
   * can be repeated after it has happened. `forMs`: how long it matters.
   */
  async store(id: string, work: () => Promise<unknown>, forMs: number): Promise<void> {
    try {
      await work();
    } catch (error) {
      const reason = String(error);
      this.#log.warn({ id, reason }, 'What was learnt cannot be stored; it is tried again');
      const going = this.#again(id, work, performance.now() + forMs);
      this.#going.set(going, id);
      void going.then(() => this.#going.delete(going));
    }
  }

  /** Ends what is still tried, once it has had its time. */
  async close(waitMs = closeMs): Promise<void> {
    await within(Promise.all(this.#going.keys()), waitMs);
    this.#closing.abort();
    await within(Promise.all(this.#going.keys()), lastMs);
    for (const id of this.#going.values())
      this.#log.error({ id }, 'What was learnt is still being stored, and is given up');
  }

  async #again(id: string, work: () => Promise<unknown>, untilMs: number): Promise<void> {
    try {
      await persistently(work, untilMs, this.#closing.signal);
      this.#log.info({ id }, 'What was learnt is stored');
    } catch (error) {
      this.#log.error({ id, err: error }, 'What was learnt could not be stored, and is forgotten');
    }
  }
}
