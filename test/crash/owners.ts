import type { Arena } from './arena.ts';

const lookEveryMs = 3_000;
/** A run may be without an owner for so long, in ms. */
const mostMs = 60_000;

/** Looks all the time whether each run that has not ended is in somebody's hands, or will be at a time that is near. */
export class Owners {
  readonly #arena: Arena;
  readonly #lastOwned = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  /** What was wrong. */
  readonly orphans = new Set<string>();
  looks = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#timer = setInterval(() => {
      // While Redis is away nothing can be seen.
      void this.look().catch(() => undefined);
    }, lookEveryMs);
  }

  add(id: string): void {
    this.#lastOwned.set(id, Date.now());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A run is owned when a start of it or a look at it is planned, and that plan is not overdue. */
  async look(): Promise<void> {
    const { redis, prefix, sandboxes } = this.#arena.stage;
    const due = [...sandboxes.keys()].map((connection) => `${prefix}:runs:{${connection}}:due`);
    const now = Date.now();
    for (const key of [`${prefix}:run:open`, ...due]) {
      for (const id of await redis.zrangebyscore(key, now - lookEveryMs, '+inf'))
        if (this.#lastOwned.has(id)) this.#lastOwned.set(id, now);
    }
    for (const [id, at] of this.#lastOwned) {
      if (now - at < mostMs) continue;
      this.#lastOwned.delete(id);
      if (!(await this.#hasEnded(id))) this.orphans.add(id);
    }
    this.looks += 1;
  }

  async #hasEnded(id: string): Promise<boolean> {
    const { redis, prefix } = this.#arena.stage;
    const doc = await redis.hget(`${prefix}:run:{${id}}`, 'doc');
    return doc !== null && (JSON.parse(doc) as { final: boolean }).final;
  }
}
