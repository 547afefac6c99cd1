import { afterAll, afterEach, beforeEach } from '@jest/globals';
import type { CatalogueSource } from '../../src/catalogue/source.ts';
import { ControlledList } from './controlled-list.ts';
import { freshRedis } from './redis.ts';
import { Replica, type ReplicaOptions } from './replica.ts';

/** The replicas of a spec file: each test has keys of its own, and what it opens is closed after it. */
export class Replicas {
  readonly redis = freshRedis();
  readonly #opened: Replica[] = [];
  readonly #lists: ControlledList[] = [];
  #test = 0;

  constructor() {
    beforeEach(() => {
      this.#test += 1;
    });
    afterEach(() => this.close());
    afterAll(() => this.redis.close());
  }

  /** What every key of the running test begins with. */
  get prefix(): string {
    return `${this.redis.prefix}${this.#test}`;
  }

  async open(sources: readonly CatalogueSource[], options: ReplicaOptions = {}): Promise<Replica> {
    const { url } = this.redis;
    const replica = await Replica.open({ url, prefix: this.prefix }, sources, options);
    this.#opened.push(replica);
    return replica;
  }

  /** A list that is released at the end: what is held would hold up the end of its replicas. */
  list(connection: string, names: readonly string[] = []): ControlledList {
    const list = new ControlledList(connection, names);
    this.#lists.push(list);
    return list;
  }

  /** The keys of the running test that match a glob pattern. */
  keys(pattern: string): Promise<string[]> {
    return this.redis.client.keys(`${this.prefix}:${pattern}`);
  }

  async close(): Promise<void> {
    for (const list of this.#lists.splice(0)) list.release();
    await Promise.all(this.#opened.splice(0).map((replica) => replica.close()));
  }
}
