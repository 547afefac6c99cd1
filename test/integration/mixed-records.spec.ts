import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { RecordFeed, type WatchableDoc } from '../../src/ledger/record-feed.ts';
import { RecordStore } from '../../src/ledger/record-store.ts';
import type { StoredRecord } from '../../src/ledger/record.ts';
import { sendEvents } from '../../src/watching/send-events.ts';
import { Watchables } from '../../src/watching/watchables.ts';
import { waitForEnd, waitUntil } from '../../src/watching/record-waits.ts';
import { type Watched, watchedRecord, type WatchedName } from '../../src/watching/watched.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';
import { Listener } from '../support/sse.ts';

const redis = freshRedis('mixed');
afterAll(() => redis.close());

interface Doc extends WatchableDoc {
  readonly phase: string;
}

/** The records of one kind: both have one with the same id. */
interface Kind {
  readonly name: WatchedName;
  readonly records: RecordStore<Doc>;
  readonly feed: RecordFeed<Doc>;
}

const id = 'erp:1';
const at = '2026-01-01T00:00:00.000Z';
const as = (phase: string): Doc => ({ phase, final: phase === 'ended', updatedAt: at });

let subscriber: Redis;
let runs: Kind;
let operations: Kind;
let test = 0;

async function open(name: WatchedName): Promise<Kind> {
  const prefix = `${redis.prefix}${test}`;
  const records = new RecordStore<Doc>(redis.client, { prefix, kind: name, keepMs: () => null });
  const feed = new RecordFeed(records, subscriber, pino({ level: 'silent' }), `a ${name}`);
  await records.create({ id, doc: as('begun'), ledger: null, evidence: null });
  await feed.open();
  return { name, records, feed };
}

async function stands({ records }: Kind): Promise<StoredRecord<Doc>> {
  const record = await records.read(id);
  if (record === null) throw new Error('there is no record');
  return record;
}

const become = ({ records }: Kind, phase: string): Promise<unknown> =>
  records.change(id, () => ({ doc: as(phase) }));

beforeEach(async () => {
  test += 1;
  subscriber = redis.client.duplicate();
  runs = await open('run');
  operations = await open('operation');
});
afterEach(async () => {
  for (const { feed } of [runs, operations]) feed.close();
  await subscriber.quit();
});

describe('two feeds of one connection', () => {
  it('tell each of its own kind only, whatever the ids are', async () => {
    const told: string[] = [];
    for (const { name, feed } of [runs, operations])
      feed.watch(id, 1, (events) => told.push(...events.map(({ doc }) => `${name} ${doc.phase}`)));
    let reads = 0;
    const events = runs.records.events.bind(runs.records);
    runs.records.events = (...args) => {
      reads += 1;
      return events(...args);
    };
    await become(operations, 'ended');
    await eventually(() => {
      expect([told, reads]).toEqual([['operation ended'], 0]);
    });
    await become(runs, 'ended');
    await eventually(() => {
      expect(told).toEqual(['operation ended', 'run ended']);
    });
  });

  it('are both listened to again when it comes back', async () => {
    const told: string[] = [];
    for (const { name, feed } of [runs, operations])
      feed.watch(id, 1, (events) => told.push(...events.map(({ doc }) => `${name} ${doc.phase}`)));
    subscriber.disconnect(true);
    for (const kind of [runs, operations]) await become(kind, 'ended');
    await eventually(() => {
      expect([...told].sort()).toEqual(['operation ended', 'run ended']);
    });
  });
});

describe('who waits for the end of a record', () => {
  const never = new AbortController().signal;

  it('gets it as it ended', async () => {
    const waiting = waitForEnd(operations.feed, await stands(operations), 10_000, never);
    await become(operations, 'going on');
    await become(operations, 'ended');
    expect(await waiting).toMatchObject({ id, revision: 3, doc: as('ended') });
    expect(operations.feed.size).toBe(0);
  });

  it.each([
    ['the time is over', () => undefined, 300],
    [
      'they have gone',
      (gone: AbortController) => {
        gone.abort();
      },
      60_000,
    ],
    [
      'this process ends',
      () => {
        operations.feed.close();
      },
      60_000,
    ],
  ])('gets it as it is when %s', async (_, happen, waitMs) => {
    const gone = new AbortController();
    const waiting = waitForEnd(operations.feed, await stands(operations), waitMs, gone.signal);
    happen(gone);
    expect((await waiting).doc.final).toBe(false);
    expect(operations.feed.size).toBe(0);
  });
});

describe('who waits with a record that is forgotten', () => {
  it('is told so at once', async () => {
    const never = new AbortController().signal;
    const waiting = waitUntil(runs.feed, await stands(runs), ({ final }) => final, null, never);
    await runs.records.remove(id);
    expect(await waiting).toBeNull();
    expect(runs.feed.size).toBe(0);
  });
});

describe('a stream of two kinds', () => {
  let app: FastifyInstance;
  let url: string;

  beforeEach(async () => {
    const watchables = new Watchables(
      [runs, operations].map((kind) => ({
        name: kind.name,
        watched: (ids) => Promise.all(ids.map(() => watched(kind))),
      })),
    );
    app = fastify();
    app.get('/', async (request, reply) => {
      const asked = await watchables.watched({ operation: [id, id], run: [id] });
      await sendEvents(asked, {}, request, reply);
    });
    url = await app.listen({ port: 0, host: '127.0.0.1' });
  });
  afterEach(() => app.close());

  async function watched(kind: Kind): Promise<Watched> {
    const { name, feed } = kind;
    const record = await stands(kind);
    return watchedRecord({ name, feed, record, text: (_id, { doc }) => doc.phase });
  }

  /** Id, name and data of each event that came so far. */
  const told = ({ events }: Listener): string[] =>
    events.map(({ id: reached, event, data }) => `${reached} ${event} ${data}`);

  it('names each by its kind, and ends when all have', async () => {
    const listener = await Listener.open(url);
    await become(operations, 'ended');
    await eventually(() => {
      expect(told(listener)).toContain('1.2e end ended');
    });
    await become(runs, 'ended');
    await listener.ended;
    expect(told(listener)).toEqual([
      '1.0 run begun',
      '1.1 operation begun',
      '1.2 operation ended',
      '1.2e end ended',
      '2.2e run ended',
      '2e.2e end ended',
    ]);
  });

  it('goes on where its caller left it, and is over for who has all', async () => {
    await become(operations, 'going on');
    for (const kind of [runs, operations]) await become(kind, 'ended');
    const listener = await Listener.open(url, { 'last-event-id': '2e.1' });
    await listener.ended;
    expect(told(listener)).toEqual([
      '2e.2 operation going on',
      '2e.3 operation ended',
      '2e.3e end ended',
    ]);
    const again = await Listener.open(url, { 'last-event-id': '2e.3e' });
    expect(again.status).toBe(204);
  });
});
