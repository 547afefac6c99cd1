import type { Redis } from 'ioredis';

/** Which records still have a write on its way, and when somebody has to look whether that has been forgotten. */
export class OpenRecords {
  readonly #redis: Redis;
  readonly key: string;

  constructor(redis: Redis, prefix: string, kind: string) {
    this.#redis = redis;
    this.key = `${prefix}:${kind}:open`;
  }

  /** `lookAt` is in ms since 1970. */
  async add(id: string, lookAt: number): Promise<void> {
    await this.#redis.zadd(this.key, lookAt, id);
  }

  async remove(id: string): Promise<void> {
    await this.#redis.zrem(this.key, id);
  }

  async overdue(now: number, most: number): Promise<string[]> {
    return this.#redis.zrangebyscore(this.key, '-inf', now, 'LIMIT', 0, most);
  }

  async count(): Promise<number> {
    return this.#redis.zcard(this.key);
  }
}
