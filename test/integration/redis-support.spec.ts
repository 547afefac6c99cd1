import { afterAll, describe, expect, it } from '@jest/globals';
import { freshRedis } from '../support/redis.ts';

describe('the Redis of a test run', () => {
  const redis = freshRedis();
  const neighbour = freshRedis();
  afterAll(() => neighbour.close());

  it('is durable, and each file cleans up what is its own', async () => {
    const { client, prefix } = redis;
    expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    await client.set(`${prefix}mine`, '1');
    await neighbour.client.set(`${neighbour.prefix}theirs`, '1');
    await redis.close();
    expect(await neighbour.client.exists(`${prefix}mine`)).toBe(0);
    expect(await neighbour.client.exists(`${neighbour.prefix}theirs`)).toBe(1);
  });
});
