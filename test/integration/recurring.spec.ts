import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Queue, type QueueOptions, Worker } from 'bullmq';
import pino from 'pino';
import { Recurring } from '../../src/redis/recurring.ts';
import { eventually } from '../support/eventually.ts';
import { type FreshRedis, freshRedis, type OwnRedis, startOwnRedis } from '../support/redis.ts';

jest.setTimeout(60_000);

const everyMs = 100;
const lookEveryMs = 100;

/** A queue with what keeps its jobs recurring. */
class Stage {
  readonly said: string[] = [];
  /** Looks at a scheduler that have begun. */
  looks = 0;
  readonly #options: QueueOptions;
  readonly queue: Queue;
  #recurring: Recurring[] = [];
  #worker: Worker | null = null;

  constructor({ url, prefix }: { readonly url: string; readonly prefix: string }) {
    const connection = { url, maxRetriesPerRequest: null };
    this.#options = { connection, prefix: `{${prefix}}`, skipVersionCheck: true };
    this.queue = new Queue('checks', this.#options);
  }

  async recur(...ids: readonly string[]): Promise<void> {
    const { queue } = this;
    const log = pino({}, { write: (line: string) => this.said.push(line) });
    const watched = {
      getJobScheduler: (id: string) => {
        this.looks += 1;
        return queue.getJobScheduler(id);
      },
      getJobState: (id: string) => queue.getJobState(id),
    };
    for (const id of ids) {
      const opts = { removeOnComplete: true };
      const plan = () => queue.upsertJobScheduler(id, { every: everyMs }, { name: id, opts });
      const recurring = new Recurring(watched, { id, everyMs, plan }, log, lookEveryMs);
      this.#recurring.push(recurring);
      await recurring.start();
    }
  }

  /** Works; gives the names of the jobs as they are done. */
  work(): string[] {
    const done: string[] = [];
    const work = ({ name }: { readonly name: string }): Promise<void> => {
      done.push(name);
      return Promise.resolve();
    };
    this.#worker = new Worker('checks', work, this.#options);
    return done;
  }

  looked(times: number): Promise<void> {
    const until = this.looks + times;
    return eventually(() => {
      expect(this.looks).toBeGreaterThan(until);
    });
  }

  async close(): Promise<void> {
    for (const recurring of this.#recurring) recurring.stop();
    await this.#worker?.close();
    await this.queue.close();
  }
}

describe('a recurring job', () => {
  let redis: FreshRedis;
  let stage: Stage;
  beforeEach(() => {
    redis = freshRedis();
    stage = new Stage(redis);
  });
  afterEach(async () => {
    await stage.close();
    await redis.close();
  });

  const forget = async (what: string): Promise<void> => {
    const keys = await redis.client.keys(`*${redis.prefix}*${what}`);
    expect(keys.length).toBeGreaterThan(0);
    await redis.client.del(...keys);
  };

  it('comes again after the Redis that it was planned in has lost everything', async () => {
    await stage.recur('first', 'second');
    await forget('');
    await eventually(async () => {
      const names = (await stage.queue.getWaiting()).map(({ name }) => name);
      expect(names.sort()).toEqual(['first', 'second']);
    });
    expect(stage.said.join()).toContain('The queue had lost a recurring job');
  });

  it.each(['wait', 'repeat:first:*'])('comes again after %s alone was lost', async (what) => {
    await stage.recur('first');
    await forget(`:${what}`);
    const done = stage.work();
    await eventually(() => {
      expect(done.length).toBeGreaterThan(2);
    });
  });

  it('that waits for a slot keeps its place, and is not taken for lost', async () => {
    await stage.recur('first', 'second', 'third');
    await stage.looked(20);
    const done = stage.work();
    await eventually(() => {
      expect(done.length).toBeGreaterThan(5);
    });
    expect(done.slice(0, 3)).toEqual(['first', 'second', 'third']);
    expect(stage.said).toEqual([]);
  });
});

describe('a Redis that was away', () => {
  let redis: OwnRedis;
  let stage: Stage;
  beforeEach(async () => {
    redis = await startOwnRedis();
    stage = new Stage({ url: redis.url, prefix: 'test' });
  });
  afterEach(async () => {
    process.kill(redis.pid, 'SIGCONT');
    await stage.close();
    await redis.remove();
  });

  it('has lost nothing, and is not asked by many looks at once', async () => {
    await stage.recur('first');
    const done = stage.work();
    await stage.looked(3);
    process.kill(redis.pid, 'SIGSTOP');
    const { looks } = stage;
    await sleep(10 * lookEveryMs);
    expect(stage.looks - looks).toBeLessThanOrEqual(1);
    process.kill(redis.pid, 'SIGCONT');
    const before = done.length;
    await stage.looked(3);
    await eventually(() => {
      expect(done.length).toBeGreaterThan(before + 3);
    });
    expect(stage.said).toEqual([]);
  });
});
