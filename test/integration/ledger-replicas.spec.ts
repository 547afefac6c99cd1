import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { StoreUnavailableError } from '../../src/domain/errors.ts';
import { eventually } from '../support/eventually.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { accept, processOf, recordOf, storeOf, ToldPlatform } from '../support/ledger.ts';
import { type OwnRedis, startOwnRedis } from '../support/redis.ts';

let primary: OwnRedis;
let secondary: OwnRedis;
let redis: Redis;
let replica: Redis;
let paused = false;

async function replicate(server: OwnRedis): Promise<Redis> {
  const client = new Redis(server.url);
  const { port, hostname, password } = new URL(primary.url);
  // A replica confirms what it has received; its disk, which others use as well, would only make it late.
  await client.config('SET', 'masterauth', password, 'appendonly', 'no');
  await client.replicaof(hostname, Number(port));
  await eventually(async () => {
    await redis.set('seen', 'yes');
    expect(await redis.wait(1, 100)).toBe(1);
  });
  return client;
}

beforeAll(async () => {
  [primary, secondary] = await Promise.all([startOwnRedis(), startOwnRedis()]);
  redis = new Redis(primary.url);
  replica = await replicate(secondary);
});

afterAll(async () => {
  if (paused) process.kill(secondary.pid, 'SIGCONT');
  redis.disconnect();
  if (replica.status !== 'end') replica.disconnect();
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

describe('where one replica is demanded', () => {
  let third: OwnRedis | undefined;
  let other: Redis | undefined;
  afterAll(async () => {
    other?.disconnect();
    await third?.remove();
  });

  it('nothing is accepted or sent from the moment on that it is gone, until there is one again', async () => {
    const store = storeOf(redis, 'demanded', 1);
    const keys = new IdempotencyKeys(redis, 'demanded', 1);
    const platform = new ToldPlatform();
    const ledger = processOf(store, platform);
    const id = await eventually(() => accept(store));
    const made = (): Promise<boolean> => Promise.resolve(false);
    const claim = await keys.claim('ann', 'key', 'fingerprint', 'record', made);

    replica.disconnect();
    process.kill(secondary.pid, 'SIGKILL');
    await eventually(async () => {
      expect(await redis.info('replication')).toContain('connected_slaves:0');
    });
    const gone = { details: { outcome: 'not_sent' } };
    // A process that begins now has never seen a replica.
    for (const each of [store, storeOf(redis, 'demanded', 1)]) {
      await expect(accept(each, { id: 'never' })).rejects.toMatchObject(gone);
      expect(await each.read('never')).toBeNull();
    }
    await expect(keys.begin('ann', 'key', claim)).rejects.toMatchObject(gone);
    expect(await ledger.advance(id)).toBeGreaterThan(0);
    expect(platform.sends).toBe(0);
    // Unless it is demanded, whoever begins without replicas goes on without them.
    expect(await accept(storeOf(redis, 'not-demanded'))).toEqual(expect.any(String));

    third = await startOwnRedis();
    other = await replicate(third);
    expect(await eventually(() => accept(store))).toEqual(expect.any(String));
    await eventually(async () => {
      expect(await ledger.advance(id)).toBeNull();
    });
    expect(platform.effects).toEqual([id]);
  }, 60_000);

  it('the replica of another primary does not count', async () => {
    const lone = await startOwnRedis();
    // As an address does that leads to the primary that was just promoted.
    const demoted = Object.assign(new Redis(lone.url), { duplicate: () => new Redis(primary.url) });
    try {
      const refused = await accept(storeOf(demoted, 'demoted', 1)).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(StoreUnavailableError);
      expect(refused).toMatchObject({ details: { outcome: 'not_sent' } });
    } finally {
      demoted.disconnect();
      await lone.remove();
    }
  });

  /** A Redis beside which other connections are made, one after the other; the last one is made again. */
  function asking(...connections: (() => Redis)[]): Redis {
    let made = 0;
    return Object.assign(new Redis(primary.url), {
      duplicate: () => (connections[made++] ?? connections.at(-1) ?? connect)(),
    });
  }
  const connect = (): Redis => new Redis(primary.url);
  const breaking = (): Redis =>
    Object.assign(connect(), { get: () => Promise.reject(new Error('It broke.')) });

  it('what cannot be asked for a moment is asked again, and refused when it cannot be for long', async () => {
    const clients: Redis[] = [];
    const client = (...connections: (() => Redis)[]): Redis => {
      const made = asking(...connections);
      clients.push(made);
      return made;
    };
    try {
      // Each try meets one that is broken first.
      const accepted = (): Promise<string> =>
        accept(storeOf(client(breaking, connect), 'once', 1), { id: randomUUID() });
      expect(await eventually(accepted)).toEqual(expect.any(String));
      await expect(accept(storeOf(client(breaking), 'always', 1))).rejects.toMatchObject({
        code: 'store_unavailable',
        message: 'Replicas of Redis cannot be asked: it broke off.',
        details: { outcome: 'not_sent' },
        cause: { message: 'It broke.' },
      });
    } finally {
      for (const each of clients) each.disconnect();
    }
  });

  it('who may not ask is told so', async () => {
    await redis.acl('SETUSER', 'limited', 'on', '>secret', '~*', '&*', '+@all', '-wait');
    const url = Object.assign(new URL(primary.url), { username: 'limited', password: 'secret' });
    const limited = new Redis(url.href);
    try {
      await limited.ping();
      const refused = await accept(storeOf(limited, 'limited', 1)).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        message: 'Replicas of Redis cannot be asked: NOPERM.',
        details: { outcome: 'not_sent' },
        cause: { message: expect.stringContaining('wait') },
      });
    } finally {
      limited.disconnect();
    }
  });

  it('a connection that is taken and then says nothing is given up, and another one is asked', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const hang = (): Redis =>
      new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
    const client = asking(hang, connect);
    const store = storeOf(client, 'silent', 1);
    try {
      await client.ping();
      await expect(accept(store)).rejects.toMatchObject({ details: { outcome: 'not_sent' } });
      expect(await eventually(() => accept(store))).toEqual(expect.any(String));
    } finally {
      client.disconnect();
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('two are not one', async () => {
    const refused = await accept(storeOf(redis, 'two', 2)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreUnavailableError);
    expect(refused).toMatchObject({
      message: 'Fewer than 2 replicas of Redis have confirmed in time.',
    });
  });
});
