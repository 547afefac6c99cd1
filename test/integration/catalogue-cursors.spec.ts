import { beforeEach, describe, expect, it } from '@jest/globals';
import { everything } from '../../src/catalogue/everything.testing.ts';
import { canonical, digest } from '../../src/catalogue/views.ts';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import { ControlledList } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import type { Asking, Replica, ReplicaOptions } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
let crm: ControlledList;
let erp: ControlledList;

beforeEach(() => {
  crm = new ControlledList('crm', ['Leads', 'Offers']);
  erp = new ControlledList('erp', ['Invoices', 'Payroll', 'Travel']);
});

const replica = (options: ReplicaOptions = {}, lists = [crm, erp]): Promise<Replica> =>
  replicas.over(lists, options);

const snapshotKeys = (connection: string): Promise<string[]> =>
  replicas.keys(`catalogue:{${connection}}:snapshot:*`);

/** The cursor behind a first page of two. */
async function cursorOf(asked: Replica, asking: Asking = {}): Promise<string> {
  const { page } = await asked.list({ limit: 2, ...asking });
  return page.nextCursor!;
}

describe('a walk by cursor', () => {
  it('leaves a source out throughout that had nothing at its start', async () => {
    const a = await replica({ timing: { failureHold: 0 } });
    erp.error = new UpstreamUnavailableError('The ERP is down.');
    const first = await a.list({ limit: 1 });
    expect(first).toMatchObject({
      names: ['Leads'],
      complete: false,
      page: { total: null },
      sources: [{ status: 'fresh' }, { status: 'failed' }],
    });
    erp.error = null;
    expect((await a.list({ cacheControl: 'no-cache' })).names).toHaveLength(5);
    expect(await a.list({ limit: 9, cursor: first.page.nextCursor })).toMatchObject({
      names: ['Offers'],
      complete: false,
      page: { nextCursor: null, total: null },
      sources: [{ status: 'fresh' }, { status: 'skipped', count: null, asOf: null, problem: null }],
    });
  });

  it('says how its snapshots stand, and with which it goes on', async () => {
    const a = await replica();
    const cursor = await cursorOf(a);
    const fresh = await a.list({ limit: 1, cursor });
    expect(fresh.sources).toMatchObject([{ status: 'fresh' }, { status: 'fresh', count: 3 }]);
    erp.names = ['Audit'];
    await a.cells.mark('erp');
    await a.list();
    const left = await a.list({ limit: 1, cursor });
    expect(left).toMatchObject({ names: fresh.names, complete: true, page: { total: 5 } });
    expect(left.sources).toMatchObject([
      { status: 'fresh' },
      { status: 'stale', count: 3, asOf: fresh.sources[1]!.asOf },
    ]);
    expect(left.etag).not.toBe(fresh.etag);
  });

  it('may change its limit, and nothing else', async () => {
    const a = await replica();
    const cursor = await cursorOf(a);
    expect((await a.list({ limit: 1, cursor })).names).toEqual(['Offers']);
    expect((await a.list({ limit: 200, cursor })).names).toEqual(['Offers', 'Payroll', 'Travel']);
    for (const query of [
      { q: 'o' },
      { name: 'o' },
      { key: 'Offers' },
      { labels: ['x'] },
      { enabled: true },
      { updatedAfter: '2026-01-01T00:00:00.000Z' },
      { connections: ['crm'] },
      { platforms: ['crm'] },
      { sort: [{ field: 'name', descending: true }] as const },
      { fields: ['id'] },
      { native: true },
      { versions: true },
      { requireAll: true },
    ]) {
      await expect(a.list({ limit: 2, cursor, query })).rejects.toMatchObject({
        code: 'invalid_request',
        details: { errors: [{ at: 'cursor' }] },
      });
    }
  });

  it('ends when one of its connections is not there any more', async () => {
    const a = await replica();
    const cursor = await cursorOf(a);
    const b = await replica({}, [erp]);
    await expect(b.list({ limit: 2, cursor })).rejects.toMatchObject({ code: 'cursor_expired' });
    const c = await replica({}, [new ControlledList('hr', ['Leave']), crm, erp]);
    expect((await c.list({ limit: 9, cursor })).sources).toHaveLength(2);
  });
});

describe('a cursor', () => {
  it('is refused when it was tampered with', async () => {
    const a = await replica();
    const cursor = await cursorOf(a);
    const last = cursor.at(-3) === 'A' ? 'B' : 'A';
    const changed = `${cursor.slice(0, -3)}${last}${cursor.slice(-2)}`;
    for (const each of [changed, cursor.slice(1), 'nonsense', `${cursor}.${cursor}`]) {
      await expect(a.list({ limit: 2, cursor: each })).rejects.toMatchObject({
        code: 'invalid_request',
        details: { errors: [{ at: 'cursor' }] },
      });
    }
  });

  it('expires', async () => {
    const a = await replica({ pinMs: 100 });
    const cursor = await cursorOf(a);
    expect((await a.list({ cursor })).names).toEqual(['Offers', 'Payroll', 'Travel']);
    await eventually(async () => {
      await expect(a.list({ cursor })).rejects.toMatchObject({ code: 'cursor_expired' });
    });
  });

  it('is good for a whole pin, also when its page was answered from a cache', async () => {
    const pinMs = 400;
    const a = await replica({ pinMs });
    const query = digest(canonical(everything));
    for (const until = Date.now() + 2 * pinMs; Date.now() < until;) {
      const asked = a.cells.now();
      const { expiresAt } = await a.seal.open(await cursorOf(a), query, 0);
      expect(expiresAt).toBeGreaterThanOrEqual(asked + pinMs);
    }
  });

  it('is gone with its snapshots', async () => {
    const a = await replica();
    const cursor = await cursorOf(a);
    const b = await replica();
    expect((await b.list({ cursor })).names).toHaveLength(3);
    const c = await replica();
    await replicas.redis.client.unlink(...(await snapshotKeys('erp')));
    await expect(c.list({ cursor, limit: 3 })).rejects.toMatchObject({ code: 'cursor_expired' });
  });

  it('keeps its snapshots for its time when others take their place, and no others', async () => {
    const a = await replica({ pinMs: 600_000 });
    const pinned = await a.list({ limit: 2 });
    const [old] = await snapshotKeys('erp');
    erp.names = ['Audit'];
    await a.cells.mark('erp');
    await a.list();
    const [next] = (await snapshotKeys('erp')).filter((key) => key !== old);
    expect(await replicas.redis.client.pttl(old!)).toBeGreaterThanOrEqual(600_000);
    expect(await replicas.redis.client.pttl(old!)).toBeLessThanOrEqual(900_000);
    expect(await replicas.redis.client.pttl(next!)).toBeGreaterThan(86_000_000);
    erp.names = ['Budget'];
    await a.cells.mark('erp');
    await a.list();
    const left = await replicas.redis.client.pttl(next!);
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
    expect((await a.list({ cursor: pinned.page.nextCursor })).names).toHaveLength(3);
  });

  it('keeps its snapshots when they were superseded before its page was made', async () => {
    const a = await replica({ pinMs: 600_000 });
    const cursor = await cursorOf(a, { limit: 1 });
    const [old] = await snapshotKeys('erp');
    erp.names = ['Audit'];
    await a.cells.mark('erp');
    await a.list();
    await replicas.redis.client.pexpire(old!, 1_000);
    await a.list({ limit: 1, cursor });
    expect(await replicas.redis.client.pttl(old!)).toBeGreaterThanOrEqual(600_000);
  });

  it('keeps what its list names though it was superseded before, as when a list changes back', async () => {
    const a = await replica();
    await a.list();
    const [first] = await snapshotKeys('erp');
    const names = ['Invoices', 'Payroll', 'Travel'];
    for (const each of [['Audit'], names]) {
      erp.names = each;
      await a.cells.mark('erp');
      await a.list();
    }
    expect(await replicas.redis.client.pttl(first!)).toBeGreaterThan(86_000_000);
    // One that comes late to let go of it finds that it is named again.
    await a.snapshots.supersede('erp', first!.split(':').at(-1)!);
    expect(await replicas.redis.client.pttl(first!)).toBeGreaterThan(86_000_000);
  });

  it('fits into a URL though it names two hundred connections with the longest ids', async () => {
    const lists = Array.from(
      { length: 200 },
      (_, n) =>
        new ControlledList(`${'connection-with-a-long-name-'.padEnd(37, 'x')}${100 + n}`, ['X']),
    );
    const a = await replica({}, lists);
    const cursor = await cursorOf(a);
    expect(cursor.length).toBeLessThan(12_000);
    expect((await a.list({ cursor })).names).toHaveLength(198);
  });
});
