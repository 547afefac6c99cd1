import type { Redis } from 'ioredis';

/** Keys: the set. Arguments: ms from now, ids. What has its time already keeps it. */
const addScript = `
  local time = redis.call('TIME')
  local at = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
  for n = 2, #ARGV do redis.call('ZADD', KEYS[1], 'NX', at, ARGV[n]) end`;

/** Keys: the set. Arguments: how many at most, ms in which nobody else takes them. Gives those whose time has come. */
const takeScript = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
  for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), id) end
  return ids`;

const atOnce = 100;
/** What could not be removed, or whose worker was killed, is taken up again then. */
const againMs = 10 * 60_000;

/** Files that nobody needs any more, by when they may go: a sorted set of Redis that all workers share. */
export class EndedFiles {
  readonly #redis: Redis;
  readonly #key: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#key = `${prefix}:files:ended`;
  }

  /** Those that are in it keep the time that they have. */
  async add(ids: readonly string[], keepMs: number): Promise<void> {
    await this.#redis.eval(addScript, 1, this.#key, keepMs, ...ids);
  }

  /** Some whose time has come; nobody else gets them for a while. */
  async take(): Promise<string[]> {
    const ids = await this.#redis.eval(takeScript, 1, this.#key, atOnce, againMs);
    return ids as string[];
  }

  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#redis.zrem(this.#key, ...ids);
  }
}
