import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../domain/errors.ts';

const lookEveryMs = 10_000;
/** Less than the 250 ms in which a write has to be refused. */
const waitMs = 120;

/** Where Redis has replicas, what was accepted counts only when one of them has it (`WAIT`). */
export class Replication {
  readonly #redis: Redis;
  #hasReplicas = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** @throws StoreUnavailableError when no replica has confirmed in time */
  async wait(): Promise<void> {
    if (performance.now() - this.#lookedAt > lookEveryMs) {
      const info = await this.#redis.info('replication');
      this.#hasReplicas = Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0) > 0;
      this.#lookedAt = performance.now();
    }
    if (!this.#hasReplicas) return;
    if ((await this.#redis.wait(1, waitMs)) < 1)
      throw new StoreUnavailableError('No replica of Redis has confirmed in time.', {
        outcome: 'not_sent',
      });
  }
}
