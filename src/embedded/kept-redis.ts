import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildFailedError } from './child.ts';
import { RedisStartError } from './redis-launch.ts';
import {
  type EmbeddedRedis,
  type EmbeddedRedisOptions,
  startEmbeddedRedis,
} from './redis-server.ts';
import { restartDelayMs, RestartLimit } from './restart-limit.ts';

/** The durable server of a data folder, started again on its address and its data when it ends unasked. */
export class KeptRedis {
  readonly #options: EmbeddedRedisOptions;
  readonly #limit = new RestartLimit();
  /** As it was started first: its address stays. */
  readonly first: EmbeddedRedis;
  /** Rejects when it cannot be kept alive. */
  readonly failed: Promise<never>;
  readonly #keeping: Promise<void>;
  #current: EmbeddedRedis;
  #stopping = false;

  private constructor(options: EmbeddedRedisOptions, first: EmbeddedRedis) {
    this.#options = options;
    this.first = first;
    this.#current = first;
    this.#limit.count();
    this.#keeping = this.#keep();
    this.failed = new Promise((_resolve, reject) => {
      this.#keeping.catch(reject);
    });
    // Whoever keeps it may look at `failed` only later; until then a rejection must not pass for one that nobody handles.
    this.failed.catch(() => undefined);
  }

  /** @throws RedisStartError */
  static async start(options: EmbeddedRedisOptions): Promise<KeptRedis> {
    return new KeptRedis(options, await startEmbeddedRedis(options));
  }

  /** Ends it once everything is on disk; one that is just being started again is ended, too. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#current.stop();
    // Only its end is waited for: what it failed with is told by `failed`.
    await Promise.allSettled([this.#keeping]);
  }

  async #keep(): Promise<void> {
    await this.#current.ended;
    while (!this.#stopping) {
      if (this.#limit.isReached) throw this.#givenUp();
      this.#options.say('The embedded Redis ended; starting it again.');
      await sleep(restartDelayMs);
      await this.#startUnlessStopping();
      await this.#current.ended;
    }
  }

  async #startUnlessStopping(): Promise<void> {
    if (this.#stopping) return;
    const next = await this.#started();
    this.#current = next;
    const hasMoved = next.url !== this.first.url;
    // Asked to stop meanwhile, the one before was stopped; and nobody is told of a new address.
    if (this.#isStopping() || hasMoved) await next.stop();
    if (hasMoved)
      throw new ChildFailedError('The port of the embedded Redis is taken: start again.');
  }

  /** One more try as long as there is one. */
  async #started(): Promise<EmbeddedRedis> {
    for (;;) {
      this.#limit.count();
      try {
        return await startEmbeddedRedis(this.#options);
      } catch (error) {
        const isLast = this.#limit.isReached || this.#stopping;
        if (isLast || !(error instanceof RedisStartError)) throw error;
        this.#options.say(`${error.message}\nTrying again.`);
        await sleep(restartDelayMs);
      }
    }
  }

  /** Asked anew after a wait. */
  #isStopping(): boolean {
    return this.#stopping;
  }

  #givenUp(): ChildFailedError {
    const log = join(this.#options.dataDir, 'redis', 'redis.log');
    return new ChildFailedError(`The embedded Redis ends again and again; ${log} may say why.`);
  }
}
