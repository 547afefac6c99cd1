import { afterAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBudgets } from '../../src/redis/redis-budgets.ts';
import type { CallBudget } from '../../src/upstream/budget.ts';
import { freshRedis } from '../support/redis.ts';

const name = { connection: 'uipath-eu', platform: 'uipath', title: 'UiPath' };

describe('a budget in Redis', () => {
  const redis = freshRedis();
  const others: Redis[] = [];
  afterAll(async () => {
    for (const client of others) client.disconnect();
    await redis.close();
  });

  /** As another process would open it. */
  function budget(key: string, calls: number, windowMs = 60_000): CallBudget {
    const client = new Redis(redis.url);
    others.push(client);
    return new RedisBudgets(client, redis.prefix).open({ key, calls, windowMs }, name);
  }
  const spent = (of: CallBudget): Promise<string> =>
    of.spend(1).then(
      () => 'spent',
      (error: unknown) => (error as { code: string }).code,
    );

  test('is spent once, however many processes spend it at once', async () => {
    const processes = Array.from({ length: 5 }, () => budget('tenant', 100));
    const tries = processes.flatMap((each) => Array.from({ length: 80 }, () => spent(each)));
    const results = await Promise.all(tries);
    expect(results.filter((result) => result === 'spent')).toHaveLength(100);
    expect(results.filter((result) => result === 'upstream_rate_limited')).toHaveLength(300);
    expect(await budget('tenant', 100).state()).toMatchObject({ limit: 100, remaining: 0 });
    expect(await budget('other', 100).state()).toMatchObject({ limit: 100, remaining: 100 });
  });

  test('says when it fits again, and lets it', async () => {
    const short = budget('short', 2, 400);
    await short.spend(2);
    const error = (await short.spend(1).catch((caught: unknown) => caught)) as {
      details: { retryAfterMs: number; sent: string };
    };
    expect(error.details.sent).toBe('no');
    expect(error.details.retryAfterMs).toBeGreaterThan(0);
    expect(error.details.retryAfterMs).toBeLessThanOrEqual(400);
    await new Promise((done) => setTimeout(done, error.details.retryAfterMs + 5));
    expect(await spent(short)).toBe('spent');
  });

  test('says when each call comes back', async () => {
    const own = budget('back', 5);
    expect(await own.state()).toMatchObject({ remaining: 5, freeInMs: [] });
    await own.spend(1);
    await own.spend(2);
    const { freeInMs = [] } = (await own.state()) ?? {};
    expect(freeInMs).toHaveLength(3);
    expect(freeInMs).toEqual([...freeInMs].sort((one, other) => one - other));
    expect(freeInMs.every((ms) => ms > 0 && ms <= 60_000)).toBe(true);
  });

  test('refuses to guess while Redis is away, and shows nothing', async () => {
    const client = new Redis('redis://127.0.0.1:1', {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
    client.on('error', () => undefined);
    others.push(client);
    const away = new RedisBudgets(client, redis.prefix).open(
      { key: 'tenant', calls: 100, windowMs: 60_000 },
      name,
    );
    expect(await spent(away)).toBe('store_unavailable');
    expect(await away.state()).toBeNull();
  });
});
