import type { Redis } from 'ioredis';
import type { MakingCondition } from '../ledger/record-store.ts';

/** Whose turn it is to change a thing. */
export interface Turn {
  readonly operation: string;
  /** Of the request that holds it: one whose turn was taken over holds nothing any more. */
  readonly token: string;
  /** Whether the operation was written down in this turn. Until then its request has to renew it. */
  readonly isAccepted: boolean;
}

/** Keys: turn. Arguments: turn as JSON, what must stand there or '', ms to keep it. Gives what stands there now. */
const takeScript = `
  local stands = redis.call('GET', KEYS[1])
  if stands and stands ~= ARGV[2] then return stands end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
  return ARGV[1]`;

/** Keys: turn. Arguments: what must stand there to be kept for longer, ms to keep it. */
const renewScript = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  return 0`;

/** Keys: turn. Argument: what must stand there to be removed. */
const leaveScript = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0`;

/** Longer than any change is open, in ms. */
const keepMs = 24 * 3_600_000;
/** A request that has not renewed its turn for so long has died, or has lost its Redis. In ms. */
const usualLeaseMs = 15_000;
/** A turn is renewed so often before it would be lost. */
const renewals = 4;

/**
 * Whose turn it is to change a process: one operation at a time, from before it is checked until it has ended. Until the
 * operation is written down its request renews the turn, so that one that dies keeps nobody waiting for long.
 */
export class Turns {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #leaseMs: number;

  constructor(redis: Redis, prefix: string, leaseMs = usualLeaseMs) {
    this.#redis = redis;
    this.#prefix = `${prefix}:operation:turn`;
    this.#leaseMs = leaseMs;
  }

  /** How often it has to be renewed, in ms. */
  get renewEveryMs(): number {
    return this.#leaseMs / renewals;
  }

  /**
   * Takes the turn of a thing; `before`: in place of this one, which is over. Gives whose turn it is then: the very same, or
   * another one that was faster.
   */
  async take(thing: string, turn: Turn, before: Turn | null): Promise<Turn> {
    const stood = before === null ? '' : textOf(before);
    const key = this.#key(thing);
    const own = textOf(turn);
    const stands = await this.#redis.eval(takeScript, 1, key, own, stood, this.#leaseMs);
    return JSON.parse(stands as string) as Turn;
  }

  /** Keeps it for longer; that of another one stays as it is. */
  async renew(things: readonly string[], turn: Turn): Promise<void> {
    const own = textOf(turn);
    const each = (thing: string): Promise<unknown> =>
      this.#redis.eval(renewScript, 1, this.#key(thing), own, this.#leaseMs);
    await Promise.all(things.map(each));
  }

  /** Gives it back; that of another one stays, and that of an operation that was written down. */
  async leave(things: readonly string[], turn: Turn): Promise<void> {
    const own = textOf(turn);
    const each = (thing: string): Promise<unknown> =>
      this.#redis.eval(leaveScript, 1, this.#key(thing), own);
    await Promise.all(things.map(each));
  }

  /** That it is still one's own: a record that is made on this condition has the turn until it has ended. */
  isOwn(things: readonly string[], turn: Turn): MakingCondition {
    return {
      keys: things.map((thing) => this.#key(thing)),
      stands: textOf(turn),
      becomes: textOf({ ...turn, isAccepted: true }),
      keepMs,
    };
  }

  #key(thing: string): string {
    return `${this.#prefix}:{${thing}}`;
  }
}

/** Always in the same order: turns are compared as they are written. */
function textOf({ operation, token, isAccepted }: Turn): string {
  return JSON.stringify({ operation, token, isAccepted });
}
