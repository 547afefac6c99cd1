import { beforeEach, describe, expect, it } from '@jest/globals';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { ControlledList } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
let crm: ControlledList;
let erp: ControlledList;

beforeEach(() => {
  crm = replicas.list('crm', ['Leads', 'Offers']);
  erp = replicas.list('erp', ['Invoices', 'Payroll', 'Travel']);
});

const replica = (options: ReplicaOptions = {}): Promise<Replica> =>
  replicas.over([crm, erp], options);

const second = 1_000;
const day = 86_400 * second;
const down = new UpstreamUnavailableError('The ERP is down.');
const ended = (list: ControlledList, walks: number): Promise<void> =>
  eventually(() => {
    expect(list.ended).toBe(walks);
  });

describe('a list', () => {
  it('is fresh within its ttl, and costs the upstream nothing', async () => {
    const a = await replica();
    const first = await a.list();
    expect(first.forwarded).toBe('uri-miss');
    expect(first.complete).toBe(true);
    expect(first.page.total).toBe(5);
    expect(first.sources).toEqual([
      {
        connection: 'crm',
        platform: 'crm',
        status: 'fresh',
        count: 2,
        asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        problem: null,
      },
      expect.objectContaining({ connection: 'erp', status: 'fresh', count: 3, problem: null }),
    ]);
    await a.age('erp', 29 * second);
    const again = await a.list();
    expect(again).toMatchObject({ forwarded: null, sources: [{}, { status: 'fresh' }] });
    expect(again.etag).toBe(first.etag);
    expect([crm.walks, erp.walks]).toEqual([1, 1]);
  });

  it('is stale after it, while one refresh runs behind on one of the replicas', async () => {
    const [a, b] = [await replica(), await replica()];
    await Promise.all([a.list(), b.list()]);
    erp.names = ['Invoices'];
    erp.hold();
    await a.age('erp', 31 * second);
    for (const each of [a, b, a, b]) {
      expect(await each.list()).toMatchObject({
        forwarded: null,
        complete: true,
        sources: [{ status: 'fresh' }, { status: 'stale', count: 3, problem: null }],
      });
    }
    erp.release();
    await eventually(async () => {
      for (const each of [a, b])
        expect((await each.list()).sources[1]).toMatchObject({ status: 'fresh', count: 1 });
    });
    expect([crm.walks, erp.walks]).toEqual([1, 2]);
  });

  it('waits for a refresh once it is older than what may be served while one runs', async () => {
    const a = await replica();
    await a.list();
    erp.names = ['Invoices'];
    await a.age('erp', 631 * second);
    expect(await a.list()).toMatchObject({
      forwarded: 'stale',
      sources: [{}, { status: 'fresh', count: 1 }],
    });
  });

  it('keeps snapshot and ETag when its content is the same, and renews asOf', async () => {
    const a = await replica();
    const first = await a.list();
    const before = await snapshotsOf('erp');
    erp.processes = erp.processes.toReversed();
    await a.age('erp', 631 * second);
    const second_ = await a.list();
    expect(erp.walks).toBe(2);
    expect(await snapshotsOf('erp')).toEqual(before);
    expect(second_.etag).toBe(first.etag);
    expect(Date.parse(second_.sources[1]!.asOf!)).toBeGreaterThanOrEqual(
      Date.parse(first.sources[1]!.asOf!),
    );
    expect(second_.sources[1]!.status).toBe('fresh');
    const [key] = before;
    expect(await replicas.redis.client.pttl(key!)).toBeGreaterThan(day - 60 * second);
  });

  it('has another ETag when its content or a status is another, or it is asked for otherwise', async () => {
    const a = await replica();
    const { etag } = await a.list();
    expect((await a.list({ query: { q: 'o' } })).etag).not.toBe(etag);
    expect((await a.list({ limit: 100 })).etag).not.toBe(etag);
    expect((await a.list({ show: { kind: 'facets', field: 'label' } })).etag).not.toBe(etag);
    await a.age('erp', 31 * second);
    erp.hold();
    expect((await a.list()).etag).not.toBe(etag);
    erp.release();
    await ended(erp, 2);
    await a.walks.idle();
    expect((await a.list()).etag).toBe(etag);
    erp.names = ['Invoices'];
    await a.cells.mark('erp');
    expect((await a.list()).etag).not.toBe(etag);
  });

  async function snapshotsOf(connection: string): Promise<string[]> {
    return replicas.keys(`catalogue:{${connection}}:snapshot:*`);
  }
});

describe('only-if-cached', () => {
  const cacheControl = 'only-if-cached';

  it('asks no upstream: 504 when nothing is kept, else what is there', async () => {
    const a = await replica();
    await expect(a.list({ cacheControl })).rejects.toMatchObject({ code: 'not_cached' });
    await a.list({ query: { connections: ['crm'] } });
    expect(await a.list({ cacheControl })).toMatchObject({
      names: ['Leads', 'Offers'],
      complete: false,
      forwarded: null,
      sources: [{ status: 'fresh' }, { status: 'skipped', count: null, asOf: null }],
    });
    await expect(a.list({ cacheControl, query: { requireAll: true } })).rejects.toMatchObject({
      code: 'not_cached',
    });
    await a.age('crm', 3_600 * second);
    expect((await a.list({ cacheControl })).sources[0]?.status).toBe('stale');
    expect([crm.walks, erp.walks]).toEqual([1, 0]);
  });

  it('keeps to what else is asked for', async () => {
    const a = await replica();
    await a.list();
    await a.age('crm', 60 * second);
    await a.age('erp', 60 * second);
    const asks = (also: string) => a.list({ cacheControl: `only-if-cached, ${also}` });
    for (const also of ['no-cache', 'max-age=0', 'max-age=59', 'min-fresh=1', 'max-stale=29'])
      await expect(asks(also)).rejects.toMatchObject({ code: 'not_cached' });
    for (const also of ['max-stale', 'max-stale=31', 'max-age=61'])
      expect((await asks(also)).names).toHaveLength(5);
    expect([crm.walks, erp.walks]).toEqual([1, 1]);
  });
});

describe('what a call asks of freshness', () => {
  it.each([
    ['max-age=60', 40, 'stale', 'a refresh runs behind'],
    ['max-age=20', 25, 'fresh', 'it has been read for this call'],
    ['max-age=20', 15, 'fresh', 'it is young enough'],
    ['max-stale=5', 40, 'fresh', 'it has been read for this call'],
    ['max-stale=15', 40, 'stale', 'a refresh runs behind'],
    ['max-stale', 3_600, 'stale', 'a refresh runs behind'],
    ['max-age=10, max-stale=5', 14, 'fresh', 'a refresh runs behind'],
    ['max-age=0, max-stale', 1, 'fresh', 'a refresh runs behind'],
    ['max-age=10, max-stale=5', 16, 'fresh', 'it has been read for this call'],
    ['min-fresh=10', 25, 'fresh', 'it has been read for this call'],
    ['min-fresh=10', 15, 'fresh', 'it is young enough'],
    ['min-fresh=10, max-stale', 25, 'fresh', 'it has been read for this call'],
    ['no-transform', 40, 'stale', 'a refresh runs behind'],
  ] as const)('%s at the age of %i s is %s: %s', async (cacheControl, age, status, why) => {
    const a = await replica({ timing: { forcedApart: 0 } });
    await a.list();
    await a.age('erp', age * second);
    erp.names = ['Invoices'];
    const answer = await a.list({ cacheControl, query: { connections: ['erp'] } });
    const isRead = why === 'it has been read for this call';
    expect(answer.sources).toMatchObject([{ status, count: isRead ? 1 : 3 }]);
    expect(answer.forwarded).toBe(isRead ? (age < 30 ? 'request' : 'stale') : null);
    await a.walks.idle();
    expect(erp.walks).toBe(why === 'it is young enough' ? 1 : 2);
  });
});

describe('a source', () => {
  it('tells how its list stands without asking the upstream', async () => {
    const a = await replica({ timing: { failureHold: 0 } });
    const status = async (): Promise<string> => (await a.catalogue.source('erp')).status;
    expect(await status()).toBe('warming');
    erp.error = down;
    await a.list();
    expect(await a.catalogue.source('erp')).toMatchObject({
      status: 'failed',
      problem: { code: 'upstream_unavailable' },
    });
    erp.error = null;
    await a.list();
    expect(await a.catalogue.source('erp')).toMatchObject({ status: 'fresh', count: 3 });
    await a.age('erp', 3_600 * second);
    expect(await status()).toBe('stale');
    await a.age('erp', day);
    expect(await status()).toBe('warming');
    expect(erp.walks).toBe(2);
    await expect(a.catalogue.source('none')).rejects.toMatchObject({ code: 'not_found' });
  });
});
