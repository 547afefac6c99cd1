import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../../src/domain/errors.ts';
import { OpenRecords } from '../../src/ledger/open-records.ts';
import { RecordStore } from '../../src/ledger/record-store.ts';
import { eventually } from '../support/eventually.ts';
import { freshRedis } from '../support/redis.ts';

interface Counted {
  readonly count: number;
}

const redis = freshRedis('records');
afterAll(() => redis.close());

let store: RecordStore<Counted>;
let id: string;

beforeEach(() => {
  id = randomUUID();
  store = new RecordStore<Counted>(redis.client, {
    prefix: redis.prefix,
    kind: 'counted',
    keepMs: ({ count }) => (count < 0 ? 60_000 : null),
  });
});

const fresh = (count = 0) => ({ id, doc: { count }, ledger: null, evidence: { secretless: true } });
const up = ({ doc }: { doc: Counted }) => ({ doc: { count: doc.count + 1 } });

describe('a record', () => {
  it('is made once, however many make it', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, count) => store.create(fresh(count))),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await store.read(id)).toMatchObject({ revision: 1, doc: { count: made.indexOf(true) } });
  });

  it('is not made by a command that comes too late: its caller has been told so', async () => {
    const now = await store.now();
    await expect(store.create(fresh(), now - 1)).rejects.toThrow(StoreUnavailableError);
    expect(await store.read(id)).toBeNull();
    expect(await store.create(fresh(), now + 5_000)).toBe(true);
  });

  it('is looked for from the step on in which it is made, and only then', async () => {
    const open = new OpenRecords(redis.client, redis.prefix, 'counted');
    const openKey = open.key;
    const kept = { prefix: redis.prefix, kind: 'counted', keepMs: () => null, openKey };
    const finding = new RecordStore<Counted>(redis.client, kept);
    const now = await finding.now();
    const made = { ...fresh(), lookAt: now };
    await expect(finding.create(made, now - 1)).rejects.toThrow(StoreUnavailableError);
    expect(await open.overdue(now, 10)).toEqual([]);
    expect(await finding.create(made, now + 5_000)).toBe(true);
    expect(await finding.create({ ...made, lookAt: 1 })).toBe(false);
    expect([await open.overdue(now - 1, 10), await open.overdue(now, 10)]).toEqual([[], [id]]);
  });

  it('is removed as it stands, however late that was changed, and its watchers are told', async () => {
    await store.create(fresh());
    const subscriber = redis.client.duplicate();
    const told: string[] = [];
    subscriber.on('message', (_channel, each: string) => told.push(each));
    await subscriber.subscribe(store.channel);
    const before: number[] = [];
    await store.remove(id, async ({ doc: { count } }) => {
      before.push(count);
      if (count === 0) await store.change(id, up);
    });
    expect(before).toEqual([0, 1]);
    expect(await store.read(id)).toBeNull();
    await eventually(() => {
      expect(told.filter((each) => each === id)).toHaveLength(2);
    });
    await subscriber.quit();
  });

  it('loses no change, however many change it at once, over however many connections', async () => {
    await store.create(fresh());
    const others = Array.from({ length: 4 }, () => redis.client.duplicate());
    const stores = others.map(
      (client) =>
        new RecordStore<Counted>(client, {
          prefix: redis.prefix,
          kind: 'counted',
          keepMs: () => null,
        }),
    );
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => (stores[at % 4] ?? store).change(id, up)),
    );
    for (const client of others) client.disconnect();
    expect(await store.read(id)).toMatchObject({ revision: 101, doc: { count: 100 } });
  });

  it('keeps each change as an event, whose number is the revision', async () => {
    await store.create(fresh());
    for (let at = 0; at < 5; at += 1) await store.change(id, up);
    const events = await store.events(id, 0);
    expect(events.map(({ revision, doc }) => [revision, doc.count])).toEqual(
      Array.from({ length: 6 }, (_, at) => [at + 1, at]),
    );
    expect((await store.events(id, 4)).map(({ revision }) => revision)).toEqual([5, 6]);
    expect(await store.events(id, 6)).toEqual([]);
  });

  it('tells each change to whoever listens, and nothing of what callers do not see', async () => {
    const listener = redis.client.duplicate();
    const told: string[] = [];
    listener.on('message', (_channel, message) => told.push(message));
    await listener.subscribe(store.channel);
    await store.create(fresh());
    await store.change(id, up);
    await store.change(id, () => ({ dropEvidence: true }));
    await store.change(id, () => null);
    await store.change(id, up);
    await redis.client.publish(store.channel, 'that is all');
    while (!told.includes('that is all')) await listener.ping();
    listener.disconnect();
    expect(told).toEqual([id, id, id, 'that is all']);
    expect(await store.read(id)).toMatchObject({ revision: 3 });
    expect(await store.evidence(id)).toBeNull();
  });

  it('is kept as long as it is open, and for its time after that', async () => {
    await store.create(fresh());
    const key = `${redis.prefix}:counted:{${id}}`;
    expect(await redis.client.pttl(key)).toBe(-1);
    await store.change(id, () => ({ doc: { count: -1 } }));
    expect(await redis.client.pttl(key)).toBeGreaterThan(50_000);
    await store.change(id, () => ({ doc: { count: 1 } }));
    expect(await redis.client.pttl(key)).toBe(-1);
  });

  it('can be taken back as long as nobody has touched it', async () => {
    await store.create(fresh());
    expect(await store.withdraw(id)).toBe(true);
    expect([await store.read(id), await store.events(id, 0)]).toEqual([null, []]);
    // Its making may still be on its way.
    await expect(store.create(fresh())).rejects.toMatchObject({ details: { outcome: 'not_sent' } });
    await eventually(async () => {
      expect(await store.create(fresh())).toBe(true);
    });
    await store.change(id, up);
    expect(await store.withdraw(id)).toBe(false);
    expect(await store.read(id)).toMatchObject({ revision: 2 });
  });

  it('that there is not is not changed', async () => {
    expect(await store.change(id, up)).toBeNull();
    expect(await store.read(id)).toBeNull();
  });
});
