import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BoundedRedis } from '../../src/redis/bounded-redis.ts';
import { freshRedis, startOwnRedis } from '../support/redis.ts';

const redis = freshRedis('bounded');
afterAll(() => redis.close());

const boundMs = 150;
const options = { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 0 };

describe('a command', () => {
  let client: BoundedRedis;

  beforeAll(async () => {
    client = new BoundedRedis(redis.url, boundMs, options);
    await client.connect();
  });
  afterAll(() => {
    client.disconnect();
  });

  it('does not fail because this process was too busy to read its answer', async () => {
    const answers = Promise.allSettled(Array.from({ length: 500 }, () => client.time()));
    const until = performance.now() + 3 * boundMs;
    while (performance.now() < until) continue;
    const failed = (await answers).filter(({ status }) => status === 'rejected');
    expect(failed).toEqual([]);
  });

  it('in a pipeline neither', async () => {
    const pipeline = client.pipeline();
    for (let at = 0; at < 50; at += 1) pipeline.ping();
    const answers = pipeline.exec();
    const until = performance.now() + 3 * boundMs;
    while (performance.now() < until) continue;
    for (const [error, reply] of (await answers) ?? [])
      expect([error, reply]).toEqual([null, 'PONG']);
  });

  it('leaves with all others of its turn of the event loop, in their order', async () => {
    const name = `${redis.prefix}:order`;
    const lengths = Promise.all(Array.from({ length: 20 }, (_, at) => client.rpush(name, at)));
    expect(client.stream.writableLength).toBeGreaterThan(0);
    expect(await lengths).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(client.stream.writableLength).toBe(0);
  });
});

describe('a Redis that hangs', () => {
  it('fails each command after the bound', async () => {
    const own = await startOwnRedis();
    const client = new BoundedRedis(own.url, boundMs, options);
    await client.connect();
    process.kill(own.pid, 'SIGSTOP');
    const began = performance.now();
    await expect(client.ping()).rejects.toThrow(`no answer within ${boundMs} ms`);
    expect(performance.now() - began).toBeGreaterThanOrEqual(boundMs - 5);
    process.kill(own.pid, 'SIGCONT');
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    await own.remove();
  });
});
