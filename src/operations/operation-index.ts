import type { Redis } from 'ioredis';

/** A place in the order of operations: newest first, the id breaking ties. */
export interface OperationPlace {
  /** In ms since 1970. */
  readonly createdAt: number;
  readonly id: string;
}

/** The operations of all connections in the order of their making. */
export class OperationIndex {
  readonly #redis: Redis;
  readonly key: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.key = `${prefix}:operations:ordered`;
  }

  /** Those made at `until` or before, newest first. */
  async until(until: number, skip: number, most: number): Promise<OperationPlace[]> {
    const flat = await this.#redis.zrevrangebyscore(
      this.key,
      until,
      '-inf',
      'WITHSCORES',
      'LIMIT',
      skip,
      most,
    );
    return Array.from({ length: flat.length / 2 }, (_, at) => ({
      id: flat[at * 2] ?? '',
      createdAt: Number(flat[at * 2 + 1]),
    }));
  }

  /** Forgets those that were made before, in ms since 1970. */
  async trim(before: number): Promise<void> {
    await this.#redis.zremrangebyscore(this.key, '-inf', before);
  }

  /** Forgets those whose records are gone. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#redis.zrem(this.key, ...ids);
  }
}
