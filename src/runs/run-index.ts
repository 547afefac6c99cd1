import type { Redis } from 'ioredis';

/** A place in the order of runs: newest first, the id breaking ties. */
export interface RunPlace {
  /** In ms since 1970. */
  readonly createdAt: number;
  readonly id: string;
}

/** How long what a mark or a native id means is kept, in ms: longer than a run that has ended; older ones are seen to. */
const aliasKeepMs = 40 * 24 * 3_600_000;

/** Keys: alias. Argument: what it must mean to be removed. */
const unnameScript = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0`;

/** The runs of a connection in the order of their making: all of them, or those whose outcome is in doubt. */
export type RunOrder = 'ordered' | 'doubted';

/** Finds runs: by when they were made, and by what their platform calls them. */
export class RunIndex {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = `${prefix}:runs`;
  }

  async add(connection: string, { createdAt, id }: RunPlace): Promise<void> {
    await this.#redis.zadd(this.key(connection, 'ordered'), createdAt, id);
  }

  async addMany(connection: string, places: readonly RunPlace[]): Promise<void> {
    if (places.length === 0) return;
    const pairs = places.flatMap(({ createdAt, id }) => [createdAt, id]);
    await this.#redis.zadd(this.key(connection, 'ordered'), ...pairs);
  }

  async remove(connection: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    for (const order of ['ordered', 'doubted'] as const)
      await this.#redis.zrem(this.key(connection, order), ...ids);
  }

  /** Those made in a span of time, newest first; bounds in ms since 1970, both included. */
  async between(
    connection: string,
    { from, until }: { readonly from: number; readonly until: number },
    skip: number,
    most: number,
    order: RunOrder = 'ordered',
  ): Promise<RunPlace[]> {
    const key = this.key(connection, order);
    const flat = await this.#redis.zrevrangebyscore(
      key,
      until,
      from,
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

  /** From now on a native id, or a mark, means the record. */
  async name(connection: string, word: string, id: string): Promise<void> {
    await this.#redis.set(this.#alias(connection, word), id, 'PX', aliasKeepMs);
  }

  /** A native id does not mean the record any more, should it have done so. */
  async unname(connection: string, word: string, id: string): Promise<void> {
    await this.#redis.eval(unnameScript, 1, this.#alias(connection, word), id);
  }

  /** Which records native ids or marks mean; null where none is known. */
  async named(connection: string, words: readonly string[]): Promise<(string | null)[]> {
    if (words.length === 0) return [];
    const pipeline = this.#redis.pipeline();
    for (const word of words) pipeline.get(this.#alias(connection, word));
    return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error !== null) throw error;
      return reply as string | null;
    });
  }

  /** The sorted set of an order; its scores are in ms since 1970. */
  key(connection: string, order: RunOrder): string {
    return `${this.#prefix}:{${connection}}:${order}`;
  }

  #alias(connection: string, word: string): string {
    return `${this.#prefix}:{${connection}}:alias:${word}`;
  }
}
