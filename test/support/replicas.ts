import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { CatalogueSource } from '../../src/catalogue/source.ts';
import type { EmbeddedRedis } from '../../src/embedded/redis-server.ts';
import { ControlledList } from './controlled-list.ts';
import { ask, DataFolders } from './data-folders.ts';
import { freshRedis, testProgram } from './redis.ts';
import { Replica, type ReplicaOptions } from './replica.ts';

/** What was read of Redis stands for 20 ms. */
const longerThanLeaseMs = 30;

/** As a Redis is waited for that others use as well: what a process walks without it only that process has. */
const patience = { timeoutMs: 10_000 };

/** Where replicas find each other. */
interface Place {
  readonly url: string;
  /** What every key of the running test begins with. */
  readonly prefix: string;
}

/** The replicas and lists of a test, which are closed after it. */
abstract class OpenedReplicas {
  readonly #opened: Replica[] = [];
  readonly #lists: ControlledList[] = [];

  constructor() {
    afterEach(() => this.close());
  }

  protected abstract get place(): Place;

  async open(sources: readonly CatalogueSource[], options: ReplicaOptions = {}): Promise<Replica> {
    const replica = await Replica.open(this.place, sources, options);
    this.#opened.push(replica);
    return replica;
  }

  /** Opens one over these lists. */
  over(lists: readonly ControlledList[], options: ReplicaOptions = {}): Promise<Replica> {
    return this.open(
      lists.map((list) => list.source()),
      options,
    );
  }

  /** A list that is released at the end: what is held would hold up the end of its replicas. */
  list(connection: string, names: readonly string[] = []): ControlledList {
    const list = new ControlledList(connection, names);
    this.#lists.push(list);
    return list;
  }

  async close(): Promise<void> {
    for (const list of this.#lists.splice(0)) list.release();
    await Promise.all(this.#opened.splice(0).map((replica) => replica.close()));
  }
}

/** The replicas of a spec file on the run's Redis: each test has keys of its own. */
export class Replicas extends OpenedReplicas {
  readonly redis = freshRedis();
  #test = 0;

  constructor() {
    super();
    beforeEach(() => {
      this.#test += 1;
    });
    afterAll(() => this.redis.close());
  }

  /** What every key of the running test begins with. */
  get prefix(): string {
    return `${this.redis.prefix}${this.#test}`;
  }

  override open(
    sources: readonly CatalogueSource[],
    options: ReplicaOptions = {},
  ): Promise<Replica> {
    return super.open(sources, { patience, ...options });
  }

  protected override get place(): Place {
    return { url: this.redis.url, prefix: this.prefix };
  }

  /** The keys of the running test that match a glob pattern. */
  keys(pattern: string): Promise<string[]> {
    return this.redis.client.keys(`${this.prefix}:${pattern}`);
  }
}

/** The replicas of a spec file on a Redis that it may kill, hang, fill and empty; empty before each test. */
export class EndangeredReplicas extends OpenedReplicas {
  readonly #folders = new DataFolders();
  #dataDir = '';
  #redis: EmbeddedRedis | null = null;

  constructor() {
    super();
    beforeAll(async () => {
      await testProgram();
      this.#dataDir = await this.#folders.make();
      await this.start();
    }, 180_000);
    beforeEach(() => this.flush());
    afterAll(() => this.#folders.cleanUp(), 30_000);
  }

  get redis(): EmbeddedRedis {
    if (this.#redis === null) throw new Error('the Redis has not been started yet');
    return this.#redis;
  }

  protected override get place(): Place {
    return { url: this.redis.url, prefix: 'gateway' };
  }

  /** Starts the Redis, or starts it again after its end. */
  async start(): Promise<void> {
    this.#redis = await this.#folders.start(this.#dataDir);
  }

  /** Forgets everything, and waits until no process relies on what it has read before. */
  async flush(): Promise<void> {
    await ask(this.redis.url, (client) => client.flushall());
    await sleep(longerThanLeaseMs);
  }
}
