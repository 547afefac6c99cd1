import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../domain/errors.ts';
import { Budgets, type CallLimit, type Outlook, type Spending } from '../upstream/budget.ts';

/**
 * A sorted set of the calls that count, by the time at which they were taken; the clock is Redis' own.
 * Keys: budget. Arguments: window in ms, limit, calls, a word that names them. When each comes back is told to who only looks.
 */
const countScript = `
  local window, limit, calls = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
  local used = redis.call('ZCARD', KEYS[1])
  local taken, fits = 0, 0
  if used + calls <= limit then
    taken = 1
    for n = 1, calls do redis.call('ZADD', KEYS[1], now, ARGV[4] .. n) end
    used = used + calls
    redis.call('PEXPIRE', KEYS[1], window)
  else
    local blocking = redis.call('ZRANGE', KEYS[1], used + calls - limit - 1, used + calls - limit - 1, 'WITHSCORES')
    fits = (tonumber(blocking[2]) or now) + window - now
  end
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  local empty = last[2] and tonumber(last[2]) + window - now or 0
  local frees = {}
  if calls == 0 then
    local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
    for at = 2, #all, 2 do frees[at / 2] = tonumber(all[at]) + window - now end
  end
  return { taken, used, fits, empty, frees }`;

type CountReply = [
  taken: number,
  used: number,
  fitsInMs: number,
  emptyInMs: number,
  freeInMs: number[],
];

/** Budgets that every process spends which knows the same Redis. */
export class RedisBudgets extends Budgets {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    super();
    this.#redis = redis;
    this.#prefix = prefix;
  }

  protected override async count(limit: CallLimit, calls: number): Promise<Spending> {
    try {
      return await this.#count(limit, calls);
    } catch (cause) {
      // Without a count the upstream's limit would be broken by as many processes as there are.
      throw new StoreUnavailableError('Redis, which counts what may be asked, cannot be reached.', {
        sent: 'no',
        outcome: 'not_sent',
        retryAfterMs: 1_000,
        cause,
      });
    }
  }

  protected override async look(limit: CallLimit): Promise<Outlook | null> {
    try {
      return await this.#count(limit, 0);
    } catch {
      // A budget is only shown: that Redis is away is told where it matters.
      return null;
    }
  }

  async #count({ key, calls: limit, windowMs }: CallLimit, calls: number): Promise<Outlook> {
    const reply = await this.#redis.eval(
      countScript,
      1,
      `${this.#prefix}:budget:${key}`,
      windowMs,
      limit,
      calls,
      randomUUID(),
    );
    const [taken, used, fitsInMs, emptyInMs, freeInMs] = reply as CountReply;
    return { taken: taken === 1, used, fitsInMs, emptyInMs, freeInMs };
  }
}
