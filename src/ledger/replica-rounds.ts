import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { inTime } from '../timing/within.ts';

/** How long Redis waits for its replicas in one round, in ms. */
const roundMs = 40;
const markMs = 1_000;
/** What has not answered by then is asked on another connection, in ms. */
const mostMs = 1_000;

/** A connection, and why it was lost, if that is known. */
interface Own {
  readonly redis: Redis;
  failure: Error | null;
}

/**
 * Asks Redis how many replicas have what was written (`WAIT`), in rounds that all share who come meanwhile. On a connection
 * of its own, as one that waits answers nothing else.
 */
export class ReplicaRounds {
  readonly #redis: Redis;
  readonly #mark: string;
  #own: Own | null = null;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<number> | null = null;

  /** Of what is written by `redis`; every key begins with `prefix`. */
  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#mark = `${prefix}:replicated:${randomUUID()}`;
  }

  /** How many replicas have what was written before the call; `needed` are waited for, and not for long. */
  confirmed(needed: number): Promise<number> {
    this.#next ??= this.#after(this.#running, needed);
    return this.#next;
  }

  async #after(before: Promise<unknown>, needed: number): Promise<number> {
    await before;
    // Whoever writes from now on needs another round.
    this.#next = null;
    const round = this.#ask(needed);
    this.#running = round.catch(() => undefined);
    return round;
  }

  async #ask(needed: number): Promise<number> {
    const own = (this.#own ??= this.#open());
    try {
      return await inTime(this.#round(own.redis, needed), mostMs);
    } catch (error) {
      // One that answers nothing may be half open; its successor may be another primary.
      this.#own = null;
      own.redis.disconnect();
      throw own.failure ?? error;
    }
  }

  async #round(own: Redis, needed: number): Promise<number> {
    if (own.status === 'wait') await own.connect();
    // A primary that does not know this word may not know what was written before it either: it has just been promoted.
    const word = randomUUID();
    await this.#redis.set(this.#mark, word, 'PX', markMs);
    // What is waited for is what this very connection has written.
    const [seen, , confirmed] = await Promise.all([
      own.get(this.#mark),
      own.set(this.#mark, '', 'PX', markMs),
      own.wait(needed, roundMs),
    ]);
    return seen === word ? confirmed : 0;
  }

  /** Open as long as the one that it is made after. */
  #open(): Own {
    const redis = this.#redis.duplicate({ connectionName: 'replication', connectTimeout: mostMs });
    const own: Own = { redis, failure: null };
    // Each round fails by itself, and says why there was no connection.
    redis.on('error', (error) => {
      own.failure = error;
    });
    const close = (): void => {
      redis.disconnect();
    };
    this.#redis.once('end', close);
    redis.once('end', () => {
      this.#redis.off('end', close);
    });
    return own;
  }
}
