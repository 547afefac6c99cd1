import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import { once } from 'node:events';
import { get as request, type IncomingMessage } from 'node:http';
import { pino } from 'pino';
import type { RunRecord } from '../../src/domain/run.ts';
import type { StoredRecord } from '../../src/ledger/record.ts';
import { erpRun } from '../../src/runs/erp-run.testing.ts';
import { foreign, instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { RunFeed } from '../../src/runs/run-feed.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import type { Reached } from '../../src/watching/event-id.ts';
import { streamRecords } from '../../src/watching/record-streams.ts';
import { type Watched, watchedRecord } from '../../src/watching/watched.ts';
import { erpWith } from '../support/erp.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('streams');
afterAll(() => redis.close());

const connection = erpWith({});
const long = '~'.repeat(60_000);
let store: RunStore;
let feed: RunFeed;
let subscriber: Redis;
let app: FastifyInstance;
let url: string;
let reached: Reached;
let ids: string[];
let test = 0;

function kept(status: RunRecord['status'], text = long): KeptRun {
  const shown: RunRecord = erpRun({
    status,
    createdAt: instantOf(0),
    input: { text },
    output: { text },
  });
  return foreign(connection, shown, 0);
}

async function make(count: number, doc: KeptRun): Promise<void> {
  ids = Array.from({ length: count }, (_, at) => `erp:${test}.${at}`);
  for (const id of ids) await store.records.create({ id, doc, ledger: null, evidence: null });
}

async function found(id: string): Promise<StoredRecord<KeptRun>> {
  const record = await store.records.read(id);
  if (record === null) throw new Error(`there is no ${id}`);
  return record;
}

function watched(record: StoredRecord<KeptRun>): Watched {
  return watchedRecord({
    name: 'run',
    feed,
    record,
    text: (id, { revision, doc }) => JSON.stringify({ id, revision, ...doc }),
  });
}

beforeEach(async () => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  subscriber = redis.client.duplicate();
  feed = new RunFeed(store, subscriber, pino({ level: 'silent' }));
  reached = { after: 0, hasEnd: false };
  app = fastify();
  app.get('/', async (_request, reply) => {
    const records = await Promise.all(ids.map(found));
    const runs = records.map((record) => ({ watched: watched(record), ...reached }));
    streamRecords(reply, runs, null);
  });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  feed.close();
  await app.close();
  await subscriber.quit();
});

async function open(): Promise<IncomingMessage> {
  const asked = request(url, { agent: false });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

/** How often each event was told by the time that the stream has ended. */
async function told(answer: IncomingMessage): Promise<Record<string, number>> {
  const all: Buffer[] = [];
  for await (const each of answer as AsyncIterable<Buffer>) all.push(each);
  const text = Buffer.concat(all).toString('latin1');
  const names = [...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name ?? '');
  return Object.fromEntries(
    [...new Set(names)].map((name) => [name, names.filter((each) => each === name).length]),
  );
}

describe('the stream of many records', () => {
  it('gives all of them, however much that is at once', async () => {
    await make(100, kept('succeeded'));
    expect(await told(await open())).toEqual({ run: 100, end: 100 });
  });

  it('gives everything that was missed', async () => {
    reached = { after: 1, hasEnd: false };
    await make(3, kept('running'));
    for (let revision = 2; revision < 50; revision += 1)
      for (const id of ids)
        await store.records.change(id, () => ({ doc: kept('running', `${long}${revision}`) }));
    for (const id of ids) await store.records.change(id, () => ({ doc: kept('succeeded') }));
    expect(await told(await open())).toEqual({ run: 3 * 49, end: 3 });
  });

  it('gives what happens while its caller does not read, each change once', async () => {
    await make(20, kept('running'));
    await feed.open();
    const answer = await open();
    await eventually(() => {
      expect(feed.size).toBeGreaterThan(0);
    });
    for (let revision = 2; revision < 6; revision += 1)
      for (const id of ids)
        await store.records.change(id, () => ({ doc: kept('running', `${long}${revision}`) }));
    for (const id of ids) await store.records.change(id, () => ({ doc: kept('succeeded') }));
    const { run = 0, end } = await told(answer);
    expect(end).toBe(20);
    expect(run).toBeGreaterThanOrEqual(40);
    expect(run).toBeLessThanOrEqual(120);
  });

  it('gives how one stands of which what was missed is not kept any more, while others are told', async () => {
    reached = { after: 1, hasEnd: false };
    await make(2, kept('running'));
    const [busy = '', old = ''] = ids;
    for (let revision = 2; revision < 50; revision += 1)
      await store.records.change(busy, () => ({ doc: kept('running', `${long}${revision}`) }));
    await store.records.change(busy, () => ({ doc: kept('succeeded') }));
    await store.records.change(old, () => ({ doc: kept('suspended') }));
    await redis.client.unlink(`${redis.prefix}${test}:run:{${old}}:events`);
    await feed.open();
    const answer = await open();
    let text = '';
    answer.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
    await eventually(() => {
      expect(text).toContain('"status":"suspended"');
    });
    await store.records.change(old, () => ({ doc: kept('succeeded') }));
    await once(answer, 'end');
    expect(text.match(/^id: .*$/gm)?.slice(-2)).toEqual(['id: 50e.3', 'id: 50e.3e']);
  });

  it('is cut where Redis cannot give what was missed, though it has ended, and gives all of it afterwards', async () => {
    reached = { after: 1, hasEnd: false };
    await make(1, kept('running', 'short'));
    const [id = ''] = ids;
    await store.records.change(id, () => ({ doc: kept('suspended', 'short') }));
    await store.records.change(id, () => ({ doc: kept('succeeded', 'short') }));
    const events = store.records.events.bind(store.records);
    store.records.events = () => Promise.reject(new Error('Redis is away.'));
    await expect(open().then(told)).rejects.toThrow();
    store.records.events = events;
    expect(await told(await open())).toEqual({ run: 2, end: 1 });
  });

  it('gives one that is larger than what may wait', async () => {
    const error = { code: null, message: '!'.repeat(16 * 1_024 ** 2) };
    await make(2, { ...kept('failed'), error });
    expect(await told(await open())).toEqual({ run: 2, end: 2 });
  });
});

describe('the stream of a run whose record is forgotten for another one', () => {
  const forget = (id = ''): Promise<void> => store.records.remove(id);

  async function opened(): Promise<{ text: () => string; over: Promise<unknown> }> {
    const answer = await open();
    let text = '';
    answer.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
    const over = once(answer, 'end');
    await eventually(() => {
      expect(text.match(/^event: run$/gm)).toHaveLength(ids.length);
    });
    return { text: () => text, over };
  }

  it('is over, so that its caller comes back, and is told how the run stands', async () => {
    await feed.open();
    await make(2, kept('running', 'short'));
    const { text, over } = await opened();
    await forget(ids[0]);
    await over;
    expect(
      text()
        .match(/^id: .*$/gm)
        ?.at(-1),
    ).toBe('id: 0.1');
    expect(text()).not.toContain('event: end');
  });

  it('is over when its record was forgotten while nobody was told', async () => {
    await feed.open();
    await make(1, kept('running', 'short'));
    const { over } = await opened();
    const key = `${redis.prefix}${test}:run:{${ids[0]}}`;
    await redis.client.unlink(key, `${key}:events`);
    subscriber.disconnect(true);
    await over;
  });

  it('is over when that happened right before it was opened', async () => {
    await feed.open();
    await make(1, kept('running', 'short'));
    const [id = ''] = ids;
    const record = await found(id);
    await forget(id);
    store.records.read = ((read) => {
      let isFirst = true;
      return (...args: Parameters<typeof read>) => {
        const stands = isFirst ? Promise.resolve(record) : read(...args);
        isFirst = false;
        return stands;
      };
    })(store.records.read.bind(store.records));
    expect(await told(await open())).toEqual({ run: 1 });
  });

  it('goes on where others are forgotten, or Redis cannot say', async () => {
    await feed.open();
    await make(2, kept('running', 'short'));
    const [first = '', other] = ids;
    ids = [first];
    const { text, over } = await opened();
    await forget(other);
    const { read } = { read: store.records.read.bind(store.records) };
    store.records.read = () => Promise.reject(new Error('Redis is away.'));
    await redis.client.publish(store.records.channel, first);
    await eventually(async () => {
      await store.records.change(first, ({ doc }) => ({ doc: { ...doc, labels: ['seen'] } }));
      expect(text()).toContain('seen');
    });
    store.records.read = read;
    await store.records.change(first, () => ({ doc: kept('succeeded', 'short') }));
    await over;
    expect(text()).toContain('event: end');
  });
});
