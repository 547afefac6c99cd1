import type { Redis } from 'ioredis';

/** Who reads gives another page within this, or is gone; in ms. */
export const pageMs = 10_000;

/** However many read a log, its platform is asked so often, in ms. */
const readEveryMs = 2_000;

/** What was read stands at least so long, in ms: who waits for it elsewhere looks more often than that. */
const leastRestMs = 500;

/** What stands in place of the reader once the platform has given all that there is. */
const allRead = 'read';
/** And once it has said that there is no log. */
const noLog = 'none';

/** Key: who reads. Arguments: whose turn it was, what came of it, or '' when it has failed, and ms for which that stands. */
const endScript = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
  if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end`;

/** Whose turn it is to read a log, among all processes: what one has just read stands for all. */
export class LogTurns {
  readonly #redis: Redis;
  readonly #key: string;

  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  /** Whether the turn is the caller's now; it lasts for `pageMs` after each page. */
  async take(token: string): Promise<boolean> {
    return (await this.#redis.set(this.#key, token, 'PX', pageMs, 'NX')) !== null;
  }

  /** Whether there is a log, as somebody has just found; null while they still read, or when they have failed. */
  async found(): Promise<boolean | null> {
    const what = await this.#redis.get(this.#key);
    return what === allRead ? true : what === noLog ? false : null;
  }

  /** Ends a turn that has taken so many ms; `isThere`: what it has found, null where that is nothing. */
  async end(token: string, isThere: boolean | null, tookMs: number): Promise<void> {
    const what = isThere === null ? '' : isThere ? allRead : noLog;
    const restMs = Math.ceil(Math.max(readEveryMs - tookMs, leastRestMs));
    await this.#redis.eval(endScript, 1, this.#key, token, what, restMs);
  }
}
