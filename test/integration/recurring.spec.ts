import { afterEach, expect, it, jest } from '@jest/globals';
import { Queue } from 'bullmq';
import pino from 'pino';
import { Recurring } from '../../src/redis/recurring.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

jest.setTimeout(60_000);

const redis = freshRedis();
let queue: Queue;
let recurring: Recurring;
afterEach(async () => {
  recurring.stop();
  await queue.close();
  await redis.close();
});

it('comes again after the Redis that it was planned in has lost everything', async () => {
  const connection = { url: process.env['TEST_REDIS_URL'] ?? '', maxRetriesPerRequest: null };
  queue = new Queue('checks', { connection, prefix: `{${redis.prefix}}` });
  const everyMs = 1_000;
  const plan = () => queue.upsertJobScheduler('check', { every: everyMs }, { name: 'check' });
  recurring = new Recurring(queue, { id: 'check', everyMs, plan }, pino({ enabled: false }));
  await recurring.start();
  const keys = await redis.client.keys(`*${redis.prefix}*`);
  expect(keys.length).toBeGreaterThan(0);
  await redis.client.del(...keys);
  expect(await queue.getJobScheduler('check')).toBeUndefined();
  await eventually(async () => {
    expect((await queue.getJobScheduler('check'))?.next).toBeGreaterThan(Date.now() - everyMs);
  }, 40_000);
});
