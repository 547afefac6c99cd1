import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { inTime } from '../timing/within.ts';

/** How long Redis waits for its replicas in one round, in ms. */
const roundMs = 40;
const markMs = 1_000;
/** What has not answered by then is asked on another connection, in ms. */
const mostMs = 1_000;

/**
 * Asks Redis how many replicas have what was written (`WAIT`), in rounds that all share who come meanwhile. On a connection
 * of its own, as one that waits answers nothing else.
 */
export class ReplicaRounds {
  readonly #redis: Redis;
  readonly #mark: string;
  #own: Promise<Redis> | null = null;
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
    this.#own ??= this.#connect().catch((error: unknown) => {
      this.#own = null;
      throw error;
    });
    const own = await this.#own;
    try {
      return await inTime(this.#round(own, needed), mostMs);
    } catch (error) {
      // One that answers nothing may be half open; its successor may be another primary.
      this.#own = null;
      own.disconnect();
      throw error;
    }
  }

  async #round(own: Redis, needed: number): Promise<number> {
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
  async #connect(): Promise<Redis> {
    const own = this.#redis.duplicate({ connectionName: 'replication', connectTimeout: mostMs });
    // Each round fails by itself.
    own.on('error', () => undefined);
    const close = (): void => {
      own.disconnect();
    };
    this.#redis.once('end', close);
    own.once('end', () => {
      this.#redis.off('end', close);
    });
    try {
      if (own.status === 'wait') await own.connect();
      return own;
    } catch (error) {
      close();
      throw error;
    }
  }
}
