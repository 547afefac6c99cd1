import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../domain/errors.ts';
import { infoField } from '../redis/durability.ts';

/** Redis puts a write off for two seconds at most, then it stands still until the disk is done. In ms. */
const patienceMs = 2_500;
const longestPauseMs = 50;

/**
 * Whether what Redis has answered lies with its system, and so outlives its process. With `appendfsync everysec` it does
 * at once, but not while the disk is still busy with what came before: then Redis answers all the same, and writes later
 * (redis.io, "Redis persistence"; `aof_pending_bio_fsync` and `aof_buffer_length` of INFO).
 */
export class AppendOnlyFile {
  readonly #redis: Pick<Redis, 'info'>;

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
    for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      if (isWritten(await this.#redis.info('persistence'))) return;
      if (performance.now() + pauseMs > until)
        throw new StoreUnavailableError(
          'The disk of Redis is so busy that what is written now might not outlive it.',
          { outcome: 'not_sent' },
        );
      await sleep(pauseMs);
    }
  }
}

/** Where the disk is done, Redis writes before it answers this very question. */
function isWritten(info: string): boolean {
  const isPositive = (name: string): boolean => Number(infoField(info, name)) > 0;
  return !(
    infoField(info, 'aof_enabled') === '1' &&
    isPositive('aof_pending_bio_fsync') &&
    isPositive('aof_buffer_length')
  );
}
