import type { Redis } from 'ioredis';

/**
 * Keys: runs by when they are due. Arguments: now, most, until when they are taken. Whoever takes a run up keeps it for a
 * while: should that process end, the run is due again by itself.
 */
const takeScript = `
  local due = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
  for _, id in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[3], id) end
  return due`;

/** Which runs are looked at when, per connection; times in ms since 1970 by the clock of the store. */
export class RunPolls {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = `${prefix}:runs`;
  }

  async plan(connection: string, id: string, dueAt: number): Promise<void> {
    await this.#redis.zadd(this.#due(connection), dueAt, id);
  }

  async planMany(connection: string, plans: readonly (readonly [string, number])[]): Promise<void> {
    if (plans.length === 0) return;
    await this.#redis.zadd(this.#due(connection), ...plans.flatMap(([id, dueAt]) => [dueAt, id]));
  }

  async drop(connection: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#redis.zrem(this.#due(connection), ...ids);
  }

  /** Takes up to `most` that are due; they are due again at `againAt`, unless they are planned anew before. */
  async take(connection: string, now: number, most: number, againAt: number): Promise<string[]> {
    return (await this.#redis.eval(
      takeScript,
      1,
      this.#due(connection),
      now,
      most,
      againAt,
    )) as string[];
  }

  /** When the first one of a connection is due; null when there is none. */
  async next(connection: string): Promise<number | null> {
    const [, score] = await this.#redis.zrangebyscore(
      this.#due(connection),
      '-inf',
      '+inf',
      'WITHSCORES',
      'LIMIT',
      0,
      1,
    );
    return score === undefined ? null : Number(score);
  }

  async count(connection: string): Promise<number> {
    return this.#redis.zcard(this.#due(connection));
  }

  #due(connection: string): string {
    return `${this.#prefix}:{${connection}}:due`;
  }
}
