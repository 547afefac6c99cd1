import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nowhereElse } from '../../src/catalogue/read-cache.ts';
import type { ControlledList } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { EndangeredReplicas } from '../support/replicas.ts';

// What a list may take while Redis is away: one command that is not answered, and a little.
const saneMs = 2_000;
// Within which a write is refused then.
const promisedMs = 250;

const replicas = new EndangeredReplicas();
let crm: ControlledList;
let erp: ControlledList;

beforeEach(() => {
  crm = replicas.list('crm', ['Leads', 'Offers']);
  erp = replicas.list('erp', ['Invoices', 'Payroll', 'Travel']);
});

const replica = (options: ReplicaOptions = {}): Promise<Replica> =>
  replicas.over([crm, erp], options);

/** How long something takes, in ms. */
async function duration(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** How late a timer fires here and now, in ms: what this machine adds to whatever is measured meanwhile. */
async function lateness(ms: number): Promise<number> {
  return (await duration(() => new Promise((done) => setTimeout(done, ms)))) - ms;
}

const refused = (asked: Replica): Promise<void> =>
  expect(asked.cells.mark('erp')).rejects.toMatchObject({ code: 'store_unavailable' });

/** Everything that works with a Redis works again, on both. */
async function goesOn(a: Replica, b: Replica): Promise<void> {
  await eventually(async () => {
    await a.cells.mark('erp');
    erp.names = ['Travel', 'Audit'];
    await a.cells.mark('erp');
    for (const each of [a, b]) {
      const { names, sources } = await each.list();
      expect(names).toEqual(['Audit', 'Leads', 'Offers', 'Travel']);
      expect(sources).toMatchObject([{}, { status: 'fresh', problem: null }]);
    }
    const { page } = await a.list({ limit: 3 });
    expect((await b.list({ limit: 3, cursor: page.nextCursor })).names).toEqual(['Travel']);
  });
}

describe.each([
  [
    'killed',
    () => {
      process.kill(replicas.redis.pid, 'SIGKILL');
      return replicas.redis.ended;
    },
    () => replicas.start(),
  ],
  [
    'hung',
    () => {
      process.kill(replicas.redis.pid, 'SIGSTOP');
      return Promise.resolve();
    },
    () => {
      process.kill(replicas.redis.pid, 'SIGCONT');
      return Promise.resolve();
    },
  ],
])('while Redis is %s', (_, away, back) => {
  afterEach(async () => {
    await back();
  });

  it('lists go on from memory where they are held, and live where they are not', async () => {
    const [a, b] = [await replica(), await replica()];
    const held = await a.list({ limit: 2 });
    await away();
    expect(await duration(() => a.list({ limit: 2 }))).toBeLessThan(saneMs);
    expect(await a.list({ limit: 2 })).toMatchObject({ etag: held.etag, complete: true });
    // Other queries and further pages are made from the snapshots in memory.
    expect((await a.list({ query: { q: 'pay' } })).names).toEqual(['Payroll']);
    const next = await a.list({ limit: 2, cursor: held.page.nextCursor });
    expect(next.names).toEqual(['Offers', 'Payroll']);
    expect([crm.walks, erp.walks]).toEqual([1, 1]);
    expect(await duration(() => b.list())).toBeLessThan(saneMs);
    expect(await b.list()).toMatchObject({
      complete: true,
      sources: [{ status: 'fresh' }, { status: 'fresh', count: 3 }],
    });
    expect((await b.list({ query: { q: 'lead' } })).names).toEqual(['Leads']);
    expect([crm.walks, erp.walks]).toEqual([2, 2]);
    await back();
    await goesOn(a, b);
  }, 30_000);

  it('single reads go on, and keep what they read', async () => {
    const a = await replica();
    let fetched = 0;
    const read = () =>
      a.reads.read(
        {
          ...erp.source(),
          what: ['process', 'k'],
          fetch: () => Promise.resolve({ fetched: (fetched += 1) }),
          elsewhere: nowhereElse,
        },
        { forced: false, maxAgeMs: null, minFreshMs: 0, maxStaleMs: null, onlyIfCached: false },
      );
    await away();
    expect(await duration(read)).toBeLessThan(saneMs);
    expect((await read()).value).toEqual({ fetched: 1 });
  });

  it('a mark is refused within 250 ms, and holds back nothing afterwards', async () => {
    const [a, b] = [await replica(), await replica()];
    await a.list();
    await away();
    const took: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const late = lateness(promisedMs);
      took.push((await duration(() => refused(a))) - (await late));
    }
    const [, , median = Infinity, , longest = Infinity] = took.sort((x, y) => x - y);
    expect(median).toBeLessThan(promisedMs);
    expect(longest).toBeLessThan(saneMs);
    // It may have happened, so this process does not call fresh what was read before.
    erp.names = ['Audit'];
    expect((await a.list()).names).toContain('Audit');
    await back();
    await goesOn(a, b);
  }, 30_000);

  it('what was walked meanwhile counts in its process when Redis is back, until a write', async () => {
    const [a, b] = [await replica(), await replica()];
    await away();
    expect((await a.list()).names).toHaveLength(5);
    await back();
    await eventually(async () => {
      await b.cells.mark('crm');
    });
    // Long enough for Redis to be asked again.
    await eventually(() => {
      expect(a.cells.reachable).toBe(true);
    });
    expect((await a.list()).sources[1]).toMatchObject({ status: 'fresh' });
    expect(erp.walks).toBe(1);
    await b.cells.mark('erp');
    erp.names = ['Audit'];
    expect((await a.list()).names).toEqual(['Audit', 'Leads', 'Offers']);
  }, 30_000);

  it('a walk that was under way goes on, and its result counts', async () => {
    const a = await replica({ timing: { renewEvery: 20 } });
    erp.hold();
    const answer = a.list();
    await eventually(() => {
      expect(erp.walks).toBe(1);
    });
    await away();
    await eventually(() => {
      expect(a.cells.reachable).toBe(false);
    });
    erp.release();
    expect((await answer).names).toHaveLength(5);
    expect(erp.walks).toBe(1);
  }, 30_000);

  it('a cursor whose snapshots are held elsewhere is refused for now, not for ever', async () => {
    const [a, b] = [await replica(), await replica()];
    const { page } = await a.list({ limit: 3 });
    const asking = { limit: 3, cursor: page.nextCursor };
    await away();
    await expect(b.list(asking)).rejects.toMatchObject({ code: 'store_unavailable' });
    await back();
    await eventually(async () => {
      expect((await b.list(asking)).names).toEqual(['Payroll', 'Travel']);
    });
  }, 30_000);
});
