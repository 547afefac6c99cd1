import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { EmbeddedRedis } from '../../src/embedded/redis-server.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { infoField } from '../../src/redis/durability.ts';
import { ask, DataFolders } from '../support/data-folders.ts';
import { eventually } from '../support/eventually.ts';
import { accept, storeOf } from '../support/ledger.ts';
import { type SlowDisk, slowDisk } from '../support/slow-disk.ts';

const prefix = 'slow';
const delayMs = 1_200;
const folders = new DataFolders();
let dataDir: string;
let redis: EmbeddedRedis;
let client: Redis;
let disk: SlowDisk | null;

beforeEach(async () => {
  dataDir = await folders.make();
  redis = await folders.start(dataDir);
  client = new Redis(redis.url, { retryStrategy: null });
  client.on('error', () => undefined);
  disk = await slowDisk(redis.pid, delayMs);
}, 180_000);
afterEach(async () => {
  await disk?.end();
  client.disconnect();
  await folders.cleanUp();
}, 30_000);

/** Resolves while Redis puts off what it has answered. */
async function busy(): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    try {
      await eventually(async () => {
        await client.incr('counter');
        const waiting = infoField(await client.info('persistence'), 'aof_buffer_length');
        expect(Number(waiting)).toBeGreaterThan(0);
      }, 5_000);
      return;
    } catch (error) {
      // The tracer loses hold of its threads now and then.
      if (turn > 3) throw error;
      await disk?.end();
      disk = await slowDisk(redis.pid, delayMs);
    }
  }
}

/** Kills Redis, and starts it again on what it has kept. */
async function kill(): Promise<void> {
  process.kill(redis.pid, 'SIGKILL');
  await disk?.end();
  disk = null;
  client.disconnect();
  await redis.ended;
  redis = await folders.start(dataDir);
}

describe('a kill of Redis whose disk is busy', () => {
  it('takes nothing that was accepted', async () => {
    if (disk === null) return;
    await busy();
    const id = await accept(storeOf(client, prefix));
    await kill();
    await ask(redis.url, async (after) => {
      expect(await storeOf(after, prefix).read(id)).toMatchObject({ id, revision: 1 });
    });
  }, 60_000);

  it('brings nothing back that was refused', async () => {
    if (disk === null) return;
    const store = storeOf(client, prefix);
    await busy();
    const id = await accept(store);
    await busy();
    expect(await store.withdraw(id)).toBe(true);
    await kill();
    await ask(redis.url, async (after) => {
      expect(await storeOf(after, prefix).read(id)).toBeNull();
    });
  }, 60_000);

  it('takes no change that something may rely on', async () => {
    if (disk === null) return;
    const store = storeOf(client, prefix);
    const id = await accept(store);
    await busy();
    await store.change(id, ({ doc }) => ({ doc: { ...doc, detail: 'sent' } }), { durable: true });
    await kill();
    await ask(redis.url, async (after) => {
      expect(await storeOf(after, prefix).read(id)).toMatchObject({ doc: { detail: 'sent' } });
    });
  }, 60_000);

  it('takes no key whose write may have begun', async () => {
    if (disk === null) return;
    const keys = new IdempotencyKeys(client, prefix);
    const exists = () => Promise.resolve(false);
    const claim = await keys.claim('caller', 'key', 'restart', 'run', exists);
    await busy();
    await keys.begin('caller', 'key', claim);
    await kill();
    await ask(redis.url, async (after) => {
      const [name = ''] = await after.keys(`${prefix}:idempotency:*`);
      expect(JSON.parse((await after.get(name)) ?? '{}')).toMatchObject({ state: 'begun' });
    });
  }, 60_000);
});
