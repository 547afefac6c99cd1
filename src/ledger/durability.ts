import type { Redis } from 'ioredis';
import { AppendOnlyFile } from './append-only-file.ts';
import { Replication, type ReplicationOptions } from './replication.ts';

/** When something may rely on what was written: it outlives a kill of Redis and, where that has replicas, its machine. */
export class Durability {
  readonly #file: AppendOnlyFile;
  readonly #replication: Replication;

  constructor(redis: Redis, options: ReplicationOptions) {
    this.#file = new AppendOnlyFile(redis);
    this.#replication = new Replication(redis, options);
  }

  /** The first half of that. @throws StoreUnavailableError when that is not so in time */
  written(): Promise<void> {
    return this.#file.wait();
  }

  /** @throws StoreUnavailableError with the outcome `not_sent` when that is not so in time */
  async wait(): Promise<void> {
    await Promise.all([this.#file.wait(), this.#replication.wait()]);
  }
}
