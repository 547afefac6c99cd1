import { describe, expect, it } from '@jest/globals';
import { policy } from '../support/controlled-list.ts';
import { ControlledReads, down } from '../support/controlled-reads.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
const reads = new ControlledReads(replicas);
const replica = (options: ReplicaOptions = {}): Promise<Replica> => replicas.open([], options);

describe('a single read', () => {
  it('is made once, however many ask on however many replicas', async () => {
    const both = [await replica(), await replica()];
    const asks = Array.from({ length: 200 }, (_, n) => reads.read(both[n % 2]!));
    const answers = await Promise.all(asks);
    expect(new Set(answers.map(({ value }) => JSON.stringify(value))).size).toBe(1);
    expect(answers[0]!.value).toEqual({ version: 1 });
    expect(reads.fetches).toBe(1);
  });

  it('is fresh, then stale while one refresh runs behind, then waits', async () => {
    const a = await replica();
    const first = await reads.read(a);
    expect(first).toMatchObject({ forwarded: 'uri-miss', problem: null });
    expect(first.freshUntil).toBe(first.asOf + policy.ttl);
    reads.upstream = { invoices: { version: 2 } };
    await reads.age(20);
    expect(await reads.read(a)).toMatchObject({ value: { version: 1 }, forwarded: null });
    await reads.age(20);
    expect(await reads.read(a)).toMatchObject({ value: { version: 1 }, forwarded: null });
    await a.walks.idle();
    const second = await reads.read(a);
    expect(second).toMatchObject({ value: { version: 2 }, forwarded: null });
    expect(second.etag).not.toBe(first.etag);
    reads.upstream = { invoices: { version: 3 } };
    await reads.age(700);
    expect(await reads.read(a)).toMatchObject({ value: { version: 3 }, forwarded: 'stale' });
    expect(reads.fetches).toBe(3);
  });

  it('keeps its ETag while its content stands', async () => {
    const a = await replica();
    const { etag } = await reads.read(a);
    const again = await reads.read(a, { cacheControl: 'no-cache' });
    expect(again).toMatchObject({ etag, forwarded: 'request' });
    expect(reads.fetches).toBe(2);
  });

  it('does what the request asks', async () => {
    const a = await replica({ timing: { forcedApart: 0 } });
    const asks = (cacheControl: string) => reads.read(a, { cacheControl });
    await expect(asks('only-if-cached')).rejects.toMatchObject({
      code: 'not_cached',
      details: { connection: 'erp', platform: 'erp' },
    });
    expect(reads.fetches).toBe(0);
    await reads.read(a);
    reads.upstream = { invoices: { version: 2 } };
    await reads.age(40);
    expect((await asks('only-if-cached')).value).toEqual({ version: 1 });
    await expect(asks('only-if-cached, max-age=39')).rejects.toMatchObject({ code: 'not_cached' });
    expect((await asks('only-if-cached, max-stale=20')).value).toEqual({ version: 1 });
    expect(reads.fetches).toBe(1);
    expect(await asks('max-stale=5')).toMatchObject({ value: { version: 2 }, forwarded: 'stale' });
    await reads.age(10);
    expect((await asks('max-age=20')).forwarded).toBeNull();
    expect((await asks('max-age=5')).forwarded).toBe('request');
    await reads.age(10);
    expect((await asks('min-fresh=15')).forwarded).toBeNull();
    expect((await asks('min-fresh=25')).forwarded).toBe('request');
    expect((await asks('max-age=0')).forwarded).toBe('request');
  });

  it('is made anew after a write to its connection, on every replica', async () => {
    const [a, b] = [await replica(), await replica()];
    await reads.read(b);
    reads.upstream = { invoices: { version: 2 } };
    await a.cells.mark('crm');
    expect((await reads.read(b)).value).toEqual({ version: 1 });
    await a.cells.mark('erp');
    expect((await reads.read(b)).value).toEqual({ version: 2 });
  });
});

describe('what is not there', () => {
  it('is kept as well, but no longer than it is fresh: anybody can ask for it', async () => {
    const a = await replica();
    const nothing = { what: ['process', 'nothing'] };
    expect(await reads.read(a, nothing)).toMatchObject({ value: null, forwarded: 'uri-miss' });
    expect(await reads.read(a, nothing)).toMatchObject({ value: null, forwarded: null });
    expect(reads.fetches).toBe(1);
    const [key] = await replicas.keys('*nothing');
    expect(await replicas.redis.client.pttl(key!)).toBeLessThanOrEqual(policy.ttl);
    await reads.read(a);
    const [kept] = await replicas.keys('*invoices');
    expect(await replicas.redis.client.pttl(kept!)).toBeGreaterThan(policy.staleIfError);
  });

  it('is asked again after that, and never stands in for an upstream that fails', async () => {
    const a = await replica({ timing: { forcedApart: 0 } });
    const nothing = { what: ['process', 'nothing'] };
    await reads.read(a, nothing);
    reads.error = down;
    const forced = { ...nothing, cacheControl: 'no-cache' };
    await expect(reads.read(a, forced)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await reads.read(a, nothing)).toMatchObject({ value: null, forwarded: null });
    await reads.age(60, 'process:nothing');
    for (const cacheControl of ['', 'max-stale', 'no-cache', 'max-stale=100'])
      await expect(reads.read(a, { ...nothing, cacheControl })).rejects.toMatchObject({
        code: 'upstream_unavailable',
      });
    const kept = { ...nothing, cacheControl: 'only-if-cached' };
    await expect(reads.read(a, kept)).rejects.toMatchObject({ code: 'not_cached' });
    [reads.error, reads.upstream] = [null, { nothing: { version: 1 } }];
    expect(await reads.read(a, forced)).toMatchObject({
      value: { version: 1 },
      forwarded: 'request',
    });
    const [key] = await replicas.keys('*nothing');
    expect(await replicas.redis.client.pttl(key!)).toBeGreaterThan(policy.staleIfError);
  });
});

describe('keys of single reads', () => {
  it('are told apart, whatever they are made of', async () => {
    const a = await replica();
    const keys = [
      ['process', 'a'],
      ['process', 'a:lease'],
      ['process', 'a', 'lease'],
      ['process', 'a/lease'],
      ['process:a', 'lease'],
      ['list'],
      ['process', '{erp}'],
      ['process', 'a\nb'],
      ['process', ''],
      ['process', '%'],
      ['process', 'ünï 💡 \u2028'],
      ['process', 'x'.repeat(10_000)],
    ];
    reads.hold();
    reads.upstream = Object.fromEntries(keys.map((what) => [what.at(-1)!, what.at(-1)!]));
    const answers = keys.map((what) => reads.read(a, { what }));
    // All leases are held at once: none is taken for another or for a cell.
    await eventually(() => {
      expect(reads.fetches).toBe(keys.length);
    });
    reads.release();
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual(
      keys.map((what) => what.at(-1)),
    );
    for (const what of keys) expect((await reads.read(a, { what })).value).toBe(what.at(-1));
    expect(reads.fetches).toBe(keys.length);
    const source = await a.cells.read([{ connection: 'erp', what: 'list' }]);
    expect(source.cells[0]!.value).toBeNull();
  });
});
