import type { Redis } from 'ioredis';
import { chunksOf } from './chunks-of.ts';

/**
 * Keys: runs by when they are due. Arguments: now, most, until when they are taken. Whoever takes a run up keeps it for a
 * while: should that process end, the run is due again by itself.
 */
const takeScript = `
  local due = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
  for at = 1, #due, 2 do redis.call('ZADD', KEYS[1], ARGV[3], due[at]) end
  return due`;

/**
 * Keys: runs by when they are due, runs by when they were first missed. Arguments: until when they were taken, then id
 * and when it is due again, or '', for each. What somebody has planned anew meanwhile stays as that one has planned it.
 */
const giveBackScript = `
  for at = 2, #ARGV, 2 do
    local id, due = ARGV[at], ARGV[at + 1]
    if tonumber(redis.call('ZSCORE', KEYS[1], id)) == tonumber(ARGV[1]) then
      if due == '' then redis.call('ZREM', KEYS[1], id) else redis.call('ZADD', KEYS[1], due, id) end
    end
    if due == '' then redis.call('HDEL', KEYS[2], id) end
  end`;

/**
 * A run that may begin to be open is planned so far ahead before that is stored, in ms: a look that comes before it is
 * stored would take the plan for one of a run that has ended. It is planned anew, sooner, once it is stored.
 */
export const safelyMs = 30_000;

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

  /** Plans a run for `dueAt`, unless it is planned for an earlier time: however many want to see it, none puts it off. */
  async hurry(connection: string, id: string, dueAt: number): Promise<void> {
    await this.#redis.zadd(this.#due(connection), 'LT', dueAt, id);
  }

  async drop(connection: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#redis.zrem(this.#due(connection), ...ids);
  }

  /**
   * Takes up to `most` that are due, and gives since when, those that wait longest first; they are due again at `againAt`,
   * unless they are planned anew before.
   */
  async take(
    connection: string,
    now: number,
    most: number,
    againAt: number,
  ): Promise<Map<string, number>> {
    const key = this.#due(connection);
    const flat = (await this.#redis.eval(takeScript, 1, key, now, most, againAt)) as string[];
    const ids = flat.filter((_, at) => at % 2 === 0);
    return new Map(ids.map((id, at) => [id, Number(flat[at * 2 + 1])]));
  }

  /** Plans those that were taken until `takenUntil` anew: when each is due, or null when there is nothing more to see. */
  async giveBack(
    connection: string,
    takenUntil: number,
    plans: ReadonlyMap<string, number | null>,
  ): Promise<void> {
    const keys = [this.#due(connection), this.#missed(connection)];
    for (const some of chunksOf([...plans])) {
      const flat = some.flatMap(([id, dueAt]) => [id, String(dueAt ?? '')]);
      await this.#redis.eval(giveBackScript, keys.length, ...keys, String(takenUntil), ...flat);
    }
  }

  /** Writes down that the platform does not show them; since when each of them has not been shown. */
  async missed(connection: string, ids: readonly string[], now: number): Promise<number[]> {
    if (ids.length === 0) return [];
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.hsetnx(this.#missed(connection), id, now);
    pipeline.hmget(this.#missed(connection), ...ids);
    const replies = (await pipeline.exec()) ?? [];
    const [error, since] = replies.at(-1) ?? [];
    if (error) throw error;
    return (since as (string | null)[]).map((each) => Number(each ?? now));
  }

  /** They are shown. */
  async shown(connection: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#redis.hdel(this.#missed(connection), ...ids);
  }

  /** When the runs of a connection are to be looked at next; null when there are none. */
  async next(connection: string): Promise<number | null> {
    const [[, score], rest] = await Promise.all([
      this.#redis.zrangebyscore(this.#due(connection), '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 1),
      this.#redis.get(this.#rest(connection)),
    ]);
    return score === undefined ? null : Math.max(Number(score), Number(rest ?? 0));
  }

  /** Nothing of a connection is looked at for a while, whatever is due. */
  async rest(connection: string, now: number, restMs: number): Promise<void> {
    await this.#redis.set(this.#rest(connection), now + restMs, 'PX', Math.max(restMs, 1));
  }

  async count(connection: string): Promise<number> {
    return this.#redis.zcard(this.#due(connection));
  }

  #missed(connection: string): string {
    return `${this.#prefix}:{${connection}}:missed`;
  }

  #rest(connection: string): string {
    return `${this.#prefix}:{${connection}}:rest`;
  }

  #due(connection: string): string {
    return `${this.#prefix}:{${connection}}:due`;
  }
}
