import { beforeEach, describe, expect, it } from '@jest/globals';
import { listOf } from '../../src/catalogue/cell.ts';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import { type ControlledList, policy } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
let upstream: ControlledList;
/** Stands beside it and always answers, because a list of which every source fails is none. */
let other: ControlledList;

beforeEach(() => {
  upstream = replicas.list('erp', ['Invoices', 'Payroll']);
  other = replicas.list('crm');
});

/** Another process of the same gateway. */
function replica(options: ReplicaOptions = {}, source = upstream.source()): Promise<Replica> {
  return replicas.open([source, other.source()], options);
}

const statusOf = async (asked: Replica): Promise<string | undefined> =>
  (await asked.list()).sources[0]?.status;

describe('one walk, however many ask', () => {
  it('reads the upstream once for a thousand concurrent cold calls on two replicas', async () => {
    const [a, b] = [await replica({ deadlineMs: 20_000 }), await replica({ deadlineMs: 20_000 })];
    const calls = Array.from({ length: 1_000 }, (_, n) => (n % 2 === 0 ? a : b).list());
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ names }) => names.join()))).toEqual(
      new Set(['Invoices,Payroll']),
    );
    expect(upstream.walks).toBe(1);
  });

  it('does not read again for who looked before a walk ended and asks for its own after that', async () => {
    const [a, b] = [await replica(), await replica()];
    const name = listOf('erp');
    const look = async (): Promise<number> => (await b.cells.read([name])).cells[0]!.changes;
    const begins = (seen: number) => b.cells.begin(name, { leaseMs: 100, apartMs: 0, seen });
    const before = await look();
    upstream.hold();
    const answer = a.list();
    await eventually(() => {
      expect(upstream.walks).toBe(1);
    });
    const meanwhile = await look();
    upstream.release();
    await answer;
    expect(await begins(before)).toBeNull();
    expect(await begins(meanwhile)).toBeNull();
    expect(await begins(await look())).toMatchObject({ seq: 2 });
  });

  it('lets another replica take over when the one that walks has died', async () => {
    const timing = { lease: 300, renewEvery: 100_000 };
    const [a, b] = [await replica({ timing }), await replica({ timing })];
    upstream.hold();
    void a.list();
    await eventually(() => {
      expect(upstream.walks).toBe(1);
    });
    a.die();
    upstream.hold();
    const answer = b.list();
    await eventually(() => {
      expect(upstream.walks).toBe(2);
    });
    upstream.release();
    expect((await answer).names).toEqual(['Invoices', 'Payroll']);
  });

  it('keeps the lease of a walk that takes longer than the lease', async () => {
    const timing = { lease: 400, renewEvery: 50 };
    const [a, b] = [await replica({ timing }), await replica({ timing })];
    upstream.hold();
    const answers = [a.list(), b.list()];
    await eventually(() => {
      expect(upstream.walks).toBe(1);
    });
    const lease = b.keys.lease(listOf('erp'));
    const token = await replicas.redis.client.get(lease);
    // Three times its first term, in the clock of Redis.
    const until = Date.now() + 1_200;
    await eventually(async () => {
      expect(await replicas.redis.client.get(lease)).toBe(token);
      expect(Date.now()).toBeGreaterThan(until);
    });
    upstream.release();
    for (const { names } of await Promise.all(answers)) expect(names).toHaveLength(2);
    expect(upstream.walks).toBe(1);
  });

  it('gives leases of ten seconds', async () => {
    const a = await replica();
    upstream.hold();
    const answer = a.list();
    await eventually(async () => {
      const left = await replicas.redis.client.pttl(a.keys.lease(listOf('erp')));
      expect(left).toBeGreaterThan(9_000);
      expect(left).toBeLessThanOrEqual(10_000);
    });
    upstream.release();
    await answer;
  });

  it('drops what a replica brings whose lease another has taken meanwhile, and lets go of its snapshot', async () => {
    const timing = { lease: 200, renewEvery: 100_000 };
    const slow = replicas.list('erp', ['Old']);
    const a = await replica({ timing, deadlineMs: 10 }, slow.source());
    const b = await replica({ timing: { forcedApart: 20 } });
    slow.hold();
    expect(await statusOf(a)).toBe('warming');
    expect((await b.list({ cacheControl: 'no-cache' })).names).toEqual(['Invoices', 'Payroll']);
    slow.release();
    await a.walks.idle();
    expect((await b.list({ cacheControl: 'max-age=1000' })).names).toEqual(['Invoices', 'Payroll']);
    const left = await Promise.all(
      (await replicas.keys('*:snapshot:*')).map((key) => replicas.redis.client.pttl(key)),
    );
    // That of each connection, and no other.
    expect(left.filter((ms) => ms > 60_000)).toHaveLength(2);
  });
});

describe('a caller that gives up', () => {
  it('leaves the walk running, and its result is used by the next call', async () => {
    const a = await replica({ deadlineMs: 20 });
    upstream.hold();
    const early = await a.list();
    expect(early.sources[0]).toMatchObject({ status: 'warming', count: null, asOf: null });
    expect(early.complete).toBe(false);
    expect(early.page.total).toBeNull();
    upstream.release();
    await a.walks.idle();
    expect(await a.list()).toMatchObject({ complete: true, names: ['Invoices', 'Payroll'] });
    expect(upstream.walks).toBe(1);
  });

  it('answers with the last snapshot as stale when the deadline comes first', async () => {
    const a = await replica({ deadlineMs: 20 });
    await a.list();
    await a.cells.mark('erp');
    upstream.names = ['Invoices', 'Payroll', 'Travel'];
    upstream.hold();
    expect(await a.list()).toMatchObject({
      names: ['Invoices', 'Payroll'],
      sources: [{ status: 'stale', problem: { code: 'upstream_timeout' } }, {}],
      complete: true,
    });
    upstream.release();
    await a.walks.idle();
    expect((await a.list()).names).toEqual(['Invoices', 'Payroll', 'Travel']);
    expect(upstream.walks).toBe(2);
  });
});

describe('a walk', () => {
  it('is given up when its time is over, though the adapter does not listen', async () => {
    const a = await replica({}, upstream.source({ timeoutMs: 50 }));
    upstream.hold();
    expect(await a.list()).toMatchObject({
      sources: [{ status: 'failed', problem: { code: 'upstream_timeout' } }, {}],
    });
    expect(await replicas.redis.client.exists(a.keys.lease(listOf('erp')))).toBe(0);
  });

  it('that breaks in the gateway itself is the problem of its source, and says nothing of why', async () => {
    const a = await replica();
    upstream.error = new TypeError('secret of the inside');
    const { sources } = await a.list();
    expect(sources[0]).toMatchObject({ status: 'failed', problem: { code: 'internal' } });
    expect(JSON.stringify(sources)).not.toContain('secret');
  });

  it('that failed is not tried again for three seconds, but by force', async () => {
    const a = await replica({ timing: { forcedApart: 20 } });
    upstream.error = new UpstreamUnavailableError('The ERP is down.');
    for (let call = 0; call < 5; call += 1) expect(await statusOf(a)).toBe('failed');
    expect(upstream.walks).toBe(1);
    await a.list({ cacheControl: 'no-cache' });
    expect(upstream.walks).toBe(2);
    const cell = a.keys.cell(listOf('erp'));
    await replicas.redis.client.hincrby(cell, 'failedAt', -3_100);
    await replicas.redis.client.set(a.keys.revision, 'looked at again');
    expect(await statusOf(a)).toBe('failed');
    expect(upstream.walks).toBe(3);
  });

  it('whose policy keeps nothing still answers who waited for it', async () => {
    const nothing = { ttl: 0, staleWhileRevalidate: 0, staleIfError: 0 };
    const a = await replica({}, upstream.source({ policy: nothing }));
    expect((await a.list()).names).toEqual(['Invoices', 'Payroll']);
    expect(upstream.walks).toBe(1);
  });

  it('of a clock that was set back is neither fresh for hours nor held up by walks of the future', async () => {
    const a = await replica();
    await a.list();
    await a.age('erp', -3_600_000);
    const cell = a.keys.cell(listOf('erp'));
    await replicas.redis.client.hincrby(cell, 'begunAt', 3_600_000);
    upstream.names = ['Travel'];
    expect(policy.staleWhileRevalidate).toBeLessThan(3_600_000);
    expect((await a.list()).names).toEqual(['Travel']);
  });
});
