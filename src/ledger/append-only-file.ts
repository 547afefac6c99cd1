import type { Redis } from 'ioredis';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../domain/errors.ts';
import { infoField } from '../redis/durability.ts';

/** Redis puts a write off for two seconds at most, then it stands still until the disk is done. In ms. */
const patienceMs = 2_500;
const longestPauseMs = 50;

/** How the file stands, in bytes. */
interface Standing {
  /** What is still to be written. */
  readonly waiting: number;
  readonly written: number;
}

/**
 * Whether what Redis has answered lies with its system, and so outlives its process. With `appendfsync everysec` it does
 * at once, but not while the disk is still busy with what came before: then Redis answers all the same, and writes later
 * (redis.io, "Redis persistence"; `aof_pending_bio_fsync`, `aof_buffer_length` and `aof_current_size` of INFO).
 */
export class AppendOnlyFile {
  readonly #redis: Pick<Redis, 'info'>;

  /** One that has not left yet, which all share who ask meanwhile. */
  #next: Promise<Standing> | null = null;

  constructor(redis: Pick<Redis, 'info'>) {
    this.#redis = redis;
  }

  /**
   * Resolves once everything lies there that Redis had answered before the call; at once where it keeps no such file,
   * of which the start has warned.
   * @throws StoreUnavailableError when the disk takes too long
   */
  async wait(): Promise<void> {
    const until = performance.now() + patienceMs;
    const first = await this.#look();
    let { waiting } = first;
    for (let pauseMs = 5; waiting > 0; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      if (performance.now() + pauseMs > until)
        throw new StoreUnavailableError(
          'The disk of Redis is so busy that what is written now might not outlive it.',
          { outcome: 'not_sent' },
        );
      await sleep(pauseMs);
      const now = await this.#look();
      // All of it is written at once: whatever waits after that came later.
      if (now.waiting < waiting || now.written > first.written) return;
      waiting = now.waiting;
    }
  }

  #look(): Promise<Standing> {
    this.#next ??= this.#asked();
    return this.#next;
  }

  async #asked(): Promise<Standing> {
    // What one answer of Redis has told many, they ask about together.
    await setImmediate();
    this.#next = null;
    const info = await this.#redis.info('persistence');
    const numberOf = (name: string): number => Number(infoField(info, name)) || 0;
    const isPutOff = numberOf('aof_enabled') === 1 && numberOf('aof_pending_bio_fsync') > 0;
    return {
      // Where the disk is done, Redis writes before it answers this very question.
      waiting: isPutOff ? numberOf('aof_buffer_length') : 0,
      written: numberOf('aof_current_size'),
    };
  }
}
