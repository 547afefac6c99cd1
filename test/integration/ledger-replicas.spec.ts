import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../src/domain/errors.ts';
import { eventually } from '../support/eventually.ts';
import { accept, processOf, recordOf, storeOf, ToldPlatform } from '../support/ledger.ts';
import { type OwnRedis, startOwnRedis } from '../support/redis.ts';

let primary: OwnRedis;
let secondary: OwnRedis;
let redis: Redis;
let replica: Redis;
let paused = false;

beforeAll(async () => {
  [primary, secondary] = await Promise.all([startOwnRedis(), startOwnRedis()]);
  redis = new Redis(primary.url);
  replica = new Redis(secondary.url);
  const { port, hostname, password } = new URL(primary.url);
  // A replica confirms what it has received; its disk, which others use as well, would only make it late.
  await replica.config('SET', 'masterauth', password, 'appendonly', 'no');
  await replica.replicaof(hostname, Number(port));
  await eventually(async () => {
    await redis.set('seen', 'yes');
    expect(await redis.wait(1, 100)).toBe(1);
  });
});

afterAll(async () => {
  if (paused) process.kill(secondary.pid, 'SIGCONT');
  redis.disconnect();
  replica.disconnect();
  await Promise.all([primary.remove(), secondary.remove()]);
});

function pause(): void {
  process.kill(secondary.pid, 'SIGSTOP');
  paused = true;
}

function goOn(): void {
  process.kill(secondary.pid, 'SIGCONT');
  paused = false;
}

describe('where Redis has a replica', () => {
  it('what was accepted is there as well', async () => {
    const id = await eventually(() => accept(storeOf(redis, 'replicated')));
    expect(await replica.hget(`replicated:write:{${id}}`, 'version')).toBe('1');
  });

  it('nothing is accepted that no replica has, and nothing of it is left', async () => {
    const store = storeOf(redis, 'hanging');
    pause();
    const id = 'never-accepted';
    const began = performance.now();
    const refused = await accept(store, { id }).catch((error: unknown) => error);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(refused).toBeInstanceOf(StoreUnavailableError);
    expect(refused).toMatchObject({ details: { outcome: 'not_sent' } });
    expect(await store.read(id)).toBeNull();
    goOn();
    expect(await eventually(() => accept(store))).toEqual(expect.any(String));
  });

  it('nothing is sent before a replica knows that it may be', async () => {
    const store = storeOf(redis, 'sending');
    const platform = new ToldPlatform();
    const id = await eventually(() => accept(store));
    pause();
    const ledger = processOf(store, platform);
    expect(await ledger.advance(id)).toBeGreaterThan(0);
    expect(platform.sends).toBe(0);
    expect((await recordOf(store, id)).ledger).toMatchObject({
      state: 'accepted',
      lastFailure: expect.stringContaining('No replica of Redis has confirmed in time.'),
    });
    goOn();
    await eventually(async () => {
      expect(await ledger.advance(id)).toBeNull();
    });
    expect(platform.effects).toEqual([id]);
  });
});
