import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import type { RecordEvent } from '../../src/ledger/record-store.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { RunFeed } from '../../src/runs/run-feed.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('feed');
afterAll(() => redis.close());

const id = 'erp:1';
const newest = 5;
let prefix: string;
let store: RunStore;
let feed: RunFeed;
let test = 0;

const kept = (revision: number, at = 0): KeptRun => ({
  ...foreign(
    { id: 'erp', platform: { name: 'erp' } },
    erpRun({ createdAt: instantOf(0), startedAt: instantOf(0) }),
    at,
  ),
  labels: [String(revision)],
});

/** What a watcher is told, as revisions. */
function watch(after: number, stands: RecordEvent<KeptRun> | null = null): number[] {
  const told: number[] = [];
  feed.watch(id, after, (events) => told.push(...events.map(({ revision }) => revision)), stands);
  return told;
}

beforeEach(async () => {
  prefix = `${redis.prefix}${(test += 1)}`;
  store = new RunStore(redis.client, prefix);
  feed = new RunFeed(store, redis.client, pino({ level: 'silent' }));
  await store.records.create({ id, doc: kept(1), ledger: null, evidence: null });
  for (let revision = 2; revision <= newest; revision += 1)
    await store.records.change(id, () => ({ doc: kept(revision) }));
});

describe('a watcher', () => {
  it('who comes with less while others are told gets what lies between, once and in order', async () => {
    const { records } = store;
    const events = records.events.bind(records);
    let isRead: () => void = () => undefined;
    const read = new Promise<void>((resolve) => (isRead = resolve));
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    records.events = async (...args) => {
      const found = await events(...args);
      isRead();
      await held;
      return found;
    };
    const early = watch(4);
    await read;
    const late = watch(2);
    goOn();
    await eventually(() => {
      expect([early, late]).toEqual([[5], [3, 4, 5]]);
    });
  });

  it('gets the run as it stands when what was missed is not kept any more', async () => {
    await redis.client.unlink(`${prefix}:run:{${id}}:events`);
    const stands = { revision: newest, doc: kept(newest) };
    const late = watch(2, stands);
    const upToDate = watch(newest, stands);
    await eventually(() => {
      expect(late).toEqual([newest]);
    });
    await store.records.change(id, () => ({ doc: kept(newest + 1) }));
    const last = watch(newest, stands);
    await eventually(() => {
      expect([late, upToDate, last]).toEqual([[5, 6], [6], [6]]);
    });
  });
});

describe('a watcher who leaves', () => {
  it('and leaves once more takes nothing from who has come since', () => {
    const leave = feed.watch(id, newest, () => undefined);
    leave();
    watch(newest);
    leave();
    expect(feed.size).toBe(1);
  });

  it('while it is looked up what Redis has lost is told nothing any more', async () => {
    const subscriber = redis.client.duplicate();
    const own = new RunFeed(store, subscriber, pino({ level: 'silent' }));
    await own.open();
    const told: number[] = [];
    const leave = own.watch(id, newest + 1, (events) => told.push(events.length));
    const read = store.records.read.bind(store.records);
    const isRead = new Promise<void>((resolve) => {
      store.records.read = async (...args) => {
        const record = await read(...args);
        leave();
        setImmediate(resolve);
        return record;
      };
    });
    subscriber.emit('ready');
    await isRead;
    own.close();
    await subscriber.quit();
    expect(told).toEqual([]);
  });
});

describe('a watcher whose Redis has lost what it was told last', () => {
  let own: RunFeed;
  let subscriber: Redis;
  let told: (readonly [number, boolean, string])[];

  beforeEach(async () => {
    subscriber = redis.client.duplicate();
    own = new RunFeed(store, subscriber, pino({ level: 'silent' }));
    await own.open();
    told = [];
    const stands = await store.records.read(id);
    own.watch(
      id,
      newest,
      (events, isBack) => {
        told.push(...events.map(({ revision, doc }) => [revision, isBack, doc.updatedAt] as const));
      },
      stands,
    );
  });
  afterEach(async () => {
    own.close();
    await subscriber.quit();
  });

  async function lose(revisions: number): Promise<void> {
    const key = `${prefix}:run:{${id}}`;
    await redis.client.hset(key, 'revision', newest - revisions);
    await redis.client.xtrim(`${key}:events`, 'MAXLEN', 0);
    await redis.client.xsetid(`${key}:events`, `${newest - revisions}-1`);
  }

  it('is told how the run stands, and what becomes of it then', async () => {
    await lose(2);
    subscriber.disconnect(true);
    await eventually(() => {
      expect(told).toEqual([[newest - 2, true, instantOf(0)]]);
    });
    // Another one comes, for whom it is looked up again: how the run stood is not told any more.
    const isLooked = new Promise<void>((resolve) => {
      own.watch(
        id,
        0,
        () => {
          resolve();
        },
        { revision: newest - 2, doc: kept(newest - 2) },
      );
    });
    await isLooked;
    await store.records.change(id, () => ({ doc: kept(newest - 1, 1) }));
    await eventually(() => {
      expect(told.slice(1)).toEqual([[newest - 1, false, instantOf(1)]]);
    });
  });

  it('is told what came under the number of what is lost', async () => {
    await lose(1);
    await store.records.change(id, () => ({ doc: kept(newest, 1) }));
    subscriber.disconnect(true);
    await eventually(() => {
      expect(told).toEqual([[newest, true, instantOf(1)]]);
    });
    // It knows that one by now.
    subscriber.disconnect(true);
    await eventually(async () => {
      expect(await redis.client.pubsub('NUMSUB', store.records.channel)).toEqual([
        store.records.channel,
        1,
      ]);
    });
    await store.records.change(id, () => ({ doc: kept(newest + 1, 2) }));
    await eventually(() => {
      expect(told.slice(1)).toEqual([[newest + 1, false, instantOf(2)]]);
    });
  });
});
