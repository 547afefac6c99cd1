import type { Redis } from 'ioredis';

/** Who changes a thing, from when on, in ms since 1970 by the clock of the store. */
export interface Turn {
  readonly operation: string;
  readonly since: number;
}

/** Keys: turn. Arguments: turn as JSON, what must stand there or '', ms to keep it. Gives what stands there now. */
const takeScript = `
  local stands = redis.call('GET', KEYS[1])
  if stands and stands ~= ARGV[2] then return stands end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
  return ARGV[1]`;

/** Keys: turn. Argument: what must stand there to be removed. */
const leaveScript = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0`;

/** Longer than any change is open, in ms. */
const keepMs = 24 * 3_600_000;

/** Whose turn it is to change a process: one operation at a time, from before it is checked until it has ended. */
export class Turns {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = `${prefix}:operation:turn`;
  }

  /**
   * Takes the turn of a thing; `before`: in place of this one, whose operation has ended. Gives whose turn it is then: the
   * very same, or another one that was faster.
   */
  async take(thing: string, turn: Turn, before: Turn | null): Promise<Turn> {
    const key = this.#key(thing);
    const stood = before === null ? '' : JSON.stringify(before);
    const stands = await this.#redis.eval(takeScript, 1, key, JSON.stringify(turn), stood, keepMs);
    return JSON.parse(stands as string) as Turn;
  }

  /** Gives it back; that of another one stays. */
  async leave(thing: string, turn: Turn): Promise<void> {
    await this.#redis.eval(leaveScript, 1, this.#key(thing), JSON.stringify(turn));
  }

  #key(thing: string): string {
    return `${this.#prefix}:{${thing}}`;
  }
}
