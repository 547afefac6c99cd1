import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { demandOf } from '../../src/catalogue/freshness.ts';
import type { ReadAnswer } from '../../src/catalogue/read-cache.ts';
import {
  type RecalledError,
  UpstreamRateLimitedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import { policy } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
/** What the upstream has under each key, and how often it was asked. */
let upstream: Record<string, unknown>;
let fetches: number;
let error: Error | null;
let gate: Promise<void> | null;
let open: () => void;

beforeEach(() => {
  upstream = { invoices: { version: 1 } };
  [fetches, error, gate] = [0, null, null];
});

const replica = (options: ReplicaOptions = {}): Promise<Replica> => replicas.open([], options);

function hold(): void {
  gate = new Promise((resolve) => {
    open = resolve;
  });
}

interface Reading {
  readonly what?: readonly string[];
  readonly cacheControl?: string;
  readonly timeoutMs?: number;
  readonly elsewhere?: boolean;
}

function read(asked: Replica, reading: Reading = {}): Promise<ReadAnswer<unknown>> {
  const { what = ['process', 'invoices'], cacheControl, timeoutMs = 10_000 } = reading;
  const fetch = async (): Promise<unknown> => {
    fetches += 1;
    const [value, failure] = [upstream[what.at(-1)!] ?? null, error];
    await gate;
    if (failure !== null) throw failure;
    return value;
  };
  const elsewhere = () => Promise.resolve(reading.elsewhere === true);
  const target = { connection: 'erp', platform: 'erp', policy, timeoutMs, what, fetch, elsewhere };
  return asked.reads.read(target, demandOf(cacheControl));
}

/** Makes what is kept of a thing older than it is. */
async function age(seconds: number, what = 'process:invoices'): Promise<void> {
  const key = `${replicas.prefix}:catalogue:{erp}:cell:read:${what}`;
  expect(await replicas.redis.client.exists(key)).toBe(1);
  await replicas.redis.client.hincrby(key, 'asOf', -seconds * 1_000);
}

const down = new UpstreamUnavailableError('The ERP is down.', {
  upstream: { status: 503, code: 'E17', message: 'maintenance', requestId: 'r-1' },
});

describe('a single read', () => {
  it('is made once, however many ask on however many replicas', async () => {
    const both = [await replica(), await replica()];
    const asks = Array.from({ length: 200 }, (_, n) => read(both[n % 2]!));
    const answers = await Promise.all(asks);
    expect(new Set(answers.map(({ value }) => JSON.stringify(value))).size).toBe(1);
    expect(answers[0]!.value).toEqual({ version: 1 });
    expect(fetches).toBe(1);
  });

  it('is fresh, then stale while one refresh runs behind, then waits', async () => {
    const a = await replica();
    const first = await read(a);
    expect(first).toMatchObject({ forwarded: 'uri-miss', problem: null });
    expect(first.freshUntil).toBe(first.asOf + policy.ttl);
    upstream = { invoices: { version: 2 } };
    await age(20);
    expect(await read(a)).toMatchObject({ value: { version: 1 }, forwarded: null });
    await age(20);
    expect(await read(a)).toMatchObject({ value: { version: 1 }, forwarded: null });
    await a.walks.idle();
    const second = await read(a);
    expect(second).toMatchObject({ value: { version: 2 }, forwarded: null });
    expect(second.etag).not.toBe(first.etag);
    upstream = { invoices: { version: 3 } };
    await age(700);
    expect(await read(a)).toMatchObject({ value: { version: 3 }, forwarded: 'stale' });
    expect(fetches).toBe(3);
  });

  it('keeps its ETag while its content stands', async () => {
    const a = await replica();
    const { etag } = await read(a);
    const again = await read(a, { cacheControl: 'no-cache' });
    expect(again).toMatchObject({ etag, forwarded: 'request' });
    expect(fetches).toBe(2);
  });

  it('does what the request asks', async () => {
    const a = await replica({ timing: { forcedApart: 0 } });
    const asks = (cacheControl: string) => read(a, { cacheControl });
    await expect(asks('only-if-cached')).rejects.toMatchObject({
      code: 'not_cached',
      details: { connection: 'erp', platform: 'erp' },
    });
    expect(fetches).toBe(0);
    await read(a);
    upstream = { invoices: { version: 2 } };
    await age(40);
    expect((await asks('only-if-cached')).value).toEqual({ version: 1 });
    await expect(asks('only-if-cached, max-age=39')).rejects.toMatchObject({ code: 'not_cached' });
    expect((await asks('only-if-cached, max-stale=20')).value).toEqual({ version: 1 });
    expect(fetches).toBe(1);
    expect(await asks('max-stale=5')).toMatchObject({ value: { version: 2 }, forwarded: 'stale' });
    await age(10);
    expect((await asks('max-age=20')).forwarded).toBeNull();
    expect((await asks('max-age=5')).forwarded).toBe('request');
    await age(10);
    expect((await asks('min-fresh=15')).forwarded).toBeNull();
    expect((await asks('min-fresh=25')).forwarded).toBe('request');
    expect((await asks('max-age=0')).forwarded).toBe('request');
  });

  it('is made anew after a write to its connection, on every replica', async () => {
    const [a, b] = [await replica(), await replica()];
    await read(b);
    upstream = { invoices: { version: 2 } };
    await a.cells.mark('crm');
    expect((await read(b)).value).toEqual({ version: 1 });
    await a.cells.mark('erp');
    expect((await read(b)).value).toEqual({ version: 2 });
  });
});

describe('what is not there', () => {
  it('is kept as well, but no longer than it is fresh: anybody can ask for it', async () => {
    const a = await replica();
    const nothing = { what: ['process', 'nothing'] };
    expect(await read(a, nothing)).toMatchObject({ value: null, forwarded: 'uri-miss' });
    expect(await read(a, nothing)).toMatchObject({ value: null, forwarded: null });
    expect(fetches).toBe(1);
    const [key] = await replicas.keys('*nothing');
    expect(await replicas.redis.client.pttl(key!)).toBeLessThanOrEqual(policy.ttl);
    await read(a);
    const [kept] = await replicas.keys('*invoices');
    expect(await replicas.redis.client.pttl(kept!)).toBeGreaterThan(policy.staleIfError);
  });

  it('is asked again after that, and never stands in for an upstream that fails', async () => {
    const a = await replica({ timing: { forcedApart: 0 } });
    const nothing = { what: ['process', 'nothing'] };
    await read(a, nothing);
    error = down;
    const forced = { ...nothing, cacheControl: 'no-cache' };
    await expect(read(a, forced)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await read(a, nothing)).toMatchObject({ value: null, forwarded: null });
    await age(60, 'process:nothing');
    for (const cacheControl of ['', 'max-stale', 'no-cache', 'max-stale=100'])
      await expect(read(a, { ...nothing, cacheControl })).rejects.toMatchObject({
        code: 'upstream_unavailable',
      });
    const kept = { ...nothing, cacheControl: 'only-if-cached' };
    await expect(read(a, kept)).rejects.toMatchObject({ code: 'not_cached' });
    [error, upstream] = [null, { nothing: { version: 1 } }];
    expect(await read(a, forced)).toMatchObject({ value: { version: 1 }, forwarded: 'request' });
    const [key] = await replicas.keys('*nothing');
    expect(await replicas.redis.client.pttl(key!)).toBeGreaterThan(policy.staleIfError);
  });
});

describe('a single read that fails', () => {
  it('falls back to what is kept, with why', async () => {
    const a = await replica();
    await read(a);
    error = down;
    await age(3_600);
    expect(await read(a)).toMatchObject({
      value: { version: 1 },
      forwarded: 'stale-if-error',
      problem: { code: 'upstream_unavailable', detail: 'The ERP is down.' },
    });
    expect((await read(a, { cacheControl: 'no-cache' })).forwarded).toBe('stale-if-error');
    await age(86_400);
    await expect(read(a)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('fails as the upstream did when nothing is kept, for all who ask, and is not tried again at once', async () => {
    const [a, b] = [await replica(), await replica()];
    error = down;
    for (const each of [a, b, a]) {
      await expect(read(each)).rejects.toMatchObject({
        code: 'upstream_unavailable',
        message: 'The ERP is down.',
        details: {
          connection: 'erp',
          platform: 'erp',
          upstream: { status: 503, code: 'E17' },
          retryAfterMs: expect.any(Number),
        },
      });
    }
    expect(fetches).toBe(1);
    const [key] = await replicas.keys('*invoices');
    expect(await replicas.redis.client.pttl(key!)).toBeLessThanOrEqual(3_600_000);
  });

  it('tells all who ask when to come back, counted down', async () => {
    const [a, b] = [await replica(), await replica()];
    const slowDown = { retryAfterMs: 60_000 };
    error = new UpstreamRateLimitedError('Slow down.', slowDown);
    const leftMs = async (asked: Replica): Promise<number> => {
      const refusal: unknown = await read(asked).catch((thrown: unknown) => thrown);
      expect(refusal).toMatchObject({ code: 'upstream_rate_limited' });
      return (refusal as RecalledError).details.retryAfterMs ?? 0;
    };
    const first = await leftMs(a);
    expect(first).toBeGreaterThan(50_000);
    await sleep(20);
    const second = await leftMs(b);
    expect(second).toBeLessThan(first);
    expect(second).toBeGreaterThan(50_000);
    expect(fetches).toBe(1);
  });

  it('is late when it takes longer than its caller waits, whatever failed before', async () => {
    const a = await replica({ timing: { failureHold: 0 } });
    error = down;
    await expect(read(a)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    error = null;
    hold();
    await expect(read(a, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'upstream_timeout' });
    open();
    await a.walks.idle();
  });

  it.each([
    ['what is kept', true, false],
    ['what its caller has', false, true],
  ])('waits for an upstream that hangs no longer than a list does, with %s', async (...given) => {
    const [, isKept, elsewhere] = given;
    const a = await replica({ deadlineMs: 30 });
    if (isKept) {
      await read(a);
      await age(3_600);
    }
    hold();
    const asked = read(a, { elsewhere, timeoutMs: 600_000 });
    if (isKept)
      expect(await asked).toMatchObject({ value: { version: 1 }, forwarded: 'stale-if-error' });
    else await expect(asked).rejects.toMatchObject({ code: 'upstream_timeout' });
    open();
    await a.walks.idle();
    expect(await read(a)).toMatchObject({ value: { version: 1 }, forwarded: null });
    expect(fetches).toBe(isKept ? 2 : 1);
  });

  it('is waited for to its end where nothing can stand in', async () => {
    const a = await replica({ deadlineMs: 30 });
    for (const cacheControl of ['', 'no-cache']) {
      hold();
      const asked = read(a, { what: ['process', 'invoices', cacheControl], cacheControl });
      const done = asked.then(() => true);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await Promise.race([done, Promise.resolve(false)])).toBe(false);
      open();
      expect((await asked).forwarded).toBe(cacheControl === '' ? 'uri-miss' : 'request');
    }
    expect(fetches).toBe(2);
  });

  it('lands though its caller has given up', async () => {
    const [a, b] = [await replica(), await replica()];
    hold();
    const patient = read(a);
    await eventually(() => {
      expect(fetches).toBe(1);
    });
    await expect(read(b, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'upstream_timeout' });
    open();
    await patient;
    expect((await read(b)).value).toEqual({ version: 1 });
    expect(fetches).toBe(1);
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
    hold();
    upstream = Object.fromEntries(keys.map((what) => [what.at(-1)!, what.at(-1)!]));
    const answers = keys.map((what) => read(a, { what }));
    // All leases are held at once: none is taken for another or for a cell.
    await eventually(() => {
      expect(fetches).toBe(keys.length);
    });
    open();
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual(
      keys.map((what) => what.at(-1)),
    );
    gate = null;
    for (const what of keys) expect((await read(a, { what })).value).toBe(what.at(-1));
    expect(fetches).toBe(keys.length);
    const source = await a.cells.read([{ connection: 'erp', what: 'list' }]);
    expect(source.cells[0]!.value).toBeNull();
  });
});
