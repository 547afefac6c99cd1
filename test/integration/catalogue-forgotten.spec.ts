import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listOf } from '../../src/catalogue/cell.ts';
import type { ControlledList } from '../support/controlled-list.ts';
import { down } from '../support/controlled-reads.ts';
import { ask } from '../support/data-folders.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { EndangeredReplicas } from '../support/replicas.ts';

const replicas = new EndangeredReplicas();
let crm: ControlledList;
let erp: ControlledList;

beforeEach(() => {
  crm = replicas.list('crm', ['Leads', 'Offers']);
  erp = replicas.list('erp', ['Invoices', 'Payroll', 'Travel']);
});

const replica = (options: ReplicaOptions = {}): Promise<Replica> =>
  replicas.over([crm, erp], options);

const takeNoMore = (bytes: string): Promise<unknown> =>
  ask(replicas.redis.url, (client) => client.config('SET', 'maxmemory', bytes));

describe('a Redis that takes no more', () => {
  afterEach(() => takeNoMore('0'));

  it('does not make every call walk: what one brings stays in its process', async () => {
    const a = await replica({ patience: { pauseMs: 20 } });
    await takeNoMore('1');
    for (const until = Date.now() + 300; Date.now() < until;) {
      expect(await a.list()).toMatchObject({ complete: true, page: { total: 5 } });
      expect((await a.list({ cacheControl: 'max-age=20' })).names).toHaveLength(5);
    }
    expect([crm.walks, erp.walks]).toEqual([1, 1]);
    await expect(a.cells.mark('erp')).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('and a process without memory give a list that says what is missing', async () => {
    const a = await replica({ memoryBytes: 0 });
    await a.list({ query: { connections: ['crm'] } });
    await takeNoMore('1');
    expect(await a.list()).toMatchObject({
      names: ['Leads', 'Offers'],
      complete: false,
      sources: [{ status: 'fresh' }, { status: 'failed', problem: { code: 'store_unavailable' } }],
    });
  });
});

describe('a Redis that has forgotten', () => {
  it('everything: lists are read again, whatever a process holds', async () => {
    const [a, b] = [await replica(), await replica()];
    await a.list();
    await b.list();
    erp.names = ['Audit'];
    await replicas.flush();
    for (const each of [a, b]) expect((await each.list()).names).toContain('Audit');
    expect([crm.walks, erp.walks]).toEqual([2, 2]);
  });

  it('everything, while a forced call waits: it does not wait for numbers that never come', async () => {
    const a = await replica({ timing: { forcedApart: 0 }, deadlineMs: 10_000 });
    for (let n = 0; n < 5; n += 1) await a.list({ cacheControl: 'no-cache' });
    erp.hold();
    const forced = a.list({ cacheControl: 'no-cache' });
    await eventually(() => {
      expect(erp.walks).toBe(6);
    });
    await replicas.flush();
    erp.release();
    expect((await forced).sources).toMatchObject([{}, { status: 'fresh' }]);
  });

  it('a cell while it is read: what the walk brings is not taken for the next one', async () => {
    const a = await replica({ timing: { forcedApart: 0 } });
    await forgetWhileRead(a);
    erp.names = ['Audit'];
    expect((await a.list({ cacheControl: 'no-cache' })).names).toEqual([
      'Audit',
      'Leads',
      'Offers',
    ]);
  });

  it('a cell while it is read: what the walk failed of is not taken for the failure of the next one', async () => {
    erp.error = down;
    const a = await replica({ timing: { forcedApart: 0 } });
    await forgetWhileRead(a);
    erp.error = null;
    const { sources } = await a.list({ cacheControl: 'no-cache' });
    expect(sources).toMatchObject([{}, { status: 'fresh', problem: null }]);
  });

  it('and counts anew: an old answer in memory is not taken for a new one', async () => {
    const [a, b] = [await replica(), await replica()];
    await a.list();
    for (let n = 0; n < 3; n += 1) {
      await replicas.flush();
      await b.list();
      await a.list();
      erp.names = [`Audit ${n}`];
      await b.cells.mark('erp');
      expect((await a.list()).names).toContain(`Audit ${n}`);
    }
  });

  it('a snapshot: who lacks it reads it again, and nothing else', async () => {
    const a = await replica();
    await a.list();
    await forget('erp');
    const b = await replica();
    expect(await b.list()).toMatchObject({
      complete: true,
      sources: [{ status: 'fresh' }, { status: 'fresh' }],
    });
    expect([crm.walks, erp.walks]).toEqual([1, 2]);
    // It stands in Redis again.
    expect((await (await replica()).list()).names).toHaveLength(5);
    expect([crm.walks, erp.walks]).toEqual([1, 2]);
  });

  it('all snapshots: all are read again, within one deadline', async () => {
    await (await replica()).list();
    await forget('*');
    expect((await (await replica()).list()).names).toHaveLength(5);
    expect([crm.walks, erp.walks]).toEqual([2, 2]);
  });

  it('a snapshot, and its upstream fails: the list says so, and is none of an inner error', async () => {
    await (await replica()).list();
    await forget('erp');
    const b = await replica();
    erp.error = new Error('gone as well');
    expect(await b.list()).toMatchObject({
      names: ['Leads', 'Offers'],
      complete: false,
      sources: [{ status: 'fresh' }, { status: 'failed', count: null }],
    });
    expect((await b.list({ cacheControl: 'only-if-cached' })).sources[1]?.status).toBe('skipped');
  });

  it('a snapshot, and its upstream is slow: it is warming at the deadline', async () => {
    await (await replica()).list();
    await forget('erp');
    erp.hold();
    const b = await replica({ deadlineMs: 50 });
    expect((await b.list()).sources).toMatchObject([{ status: 'fresh' }, { status: 'warming' }]);
  });

  it('a part of a snapshot: what is not whole is not shown', async () => {
    await (await replica()).list();
    await ask(replicas.redis.url, async (client) => {
      const [key] = await client.keys('*{erp}:snapshot:*');
      await client.hset(key!, '0', '{"id":"erp:Other"}\n');
      await client.unlink(...(await client.keys('*:answer:*')));
    });
    const b = await replica();
    expect((await b.list()).names).toHaveLength(5);
    expect(erp.walks).toBe(2);
  });

  async function forgetWhileRead(a: Replica): Promise<void> {
    erp.hold();
    const asked = a.list();
    await eventually(() => {
      expect(erp.walks).toBe(1);
    });
    await ask(replicas.redis.url, async (client) => {
      expect(await client.unlink(a.keys.cell(listOf('erp')))).toBe(1);
    });
    erp.release();
    await asked;
  }

  async function forget(connection: string): Promise<void> {
    const pattern = connection === '*' ? '*:snapshot:*' : `*{${connection}}:snapshot:*`;
    await ask(replicas.redis.url, async (client) => {
      await client.unlink(...(await client.keys(pattern)), ...(await client.keys('*:answer:*')));
    });
  }
});
