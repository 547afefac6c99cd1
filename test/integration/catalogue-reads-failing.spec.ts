import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type RecalledError, UpstreamRateLimitedError } from '../../src/domain/errors.ts';
import { ControlledReads, down } from '../support/controlled-reads.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
const reads = new ControlledReads(replicas);
const replica = (options: ReplicaOptions = {}): Promise<Replica> => replicas.open([], options);

describe('a single read that fails', () => {
  it('falls back to what is kept, with why', async () => {
    const a = await replica();
    await reads.read(a);
    reads.error = down;
    await reads.age(3_600);
    const kept = await reads.read(a);
    expect(kept).toMatchObject({
      value: { version: 1 },
      forwarded: 'stale-if-error',
      problem: { code: 'upstream_unavailable', detail: 'The ERP is down.' },
    });
    // An hour old, and just looked at.
    expect(kept.lookedAt - kept.asOf).toBeGreaterThan(3_500_000);
    expect((await reads.read(a, { cacheControl: 'no-cache' })).forwarded).toBe('stale-if-error');
    await reads.age(86_400);
    await expect(reads.read(a)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('fails as the upstream did when nothing is kept, for all who ask, and is not tried again at once', async () => {
    const [a, b] = [await replica(), await replica()];
    reads.error = down;
    for (const each of [a, b, a]) {
      await expect(reads.read(each)).rejects.toMatchObject({
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
    expect(reads.fetches).toBe(1);
    const [key] = await replicas.keys('*invoices');
    expect(await replicas.redis.client.pttl(key!)).toBeLessThanOrEqual(3_600_000);
  });

  it('is not waited for beyond the deadline of the call that it is one of several reads of', async () => {
    const a = await replica({ deadlineMs: 60_000 });
    await reads.read(a);
    reads.hold();
    const asked = { cacheControl: 'no-cache', timeoutMs: 120_000, askedAt: Date.now() - 60_000 };
    expect(await reads.read(a, asked)).toMatchObject({
      value: { version: 1 },
      forwarded: 'stale-if-error',
    });
    reads.release();
    await a.walks.idle();
  });

  it('tells all who ask when to come back, counted down', async () => {
    const [a, b] = [await replica(), await replica()];
    const slowDown = { retryAfterMs: 60_000 };
    reads.error = new UpstreamRateLimitedError('Slow down.', slowDown);
    const leftMs = async (asked: Replica): Promise<number> => {
      const refusal: unknown = await reads.read(asked).catch((thrown: unknown) => thrown);
      expect(refusal).toMatchObject({ code: 'upstream_rate_limited' });
      return (refusal as RecalledError).details.retryAfterMs ?? 0;
    };
    const first = await leftMs(a);
    expect(first).toBeGreaterThan(50_000);
    await sleep(20);
    const second = await leftMs(b);
    expect(second).toBeLessThan(first);
    expect(second).toBeGreaterThan(50_000);
    expect(reads.fetches).toBe(1);
  });

  it('is late when it takes longer than its caller waits, whatever failed before', async () => {
    const a = await replica({ timing: { failureHold: 0 } });
    reads.error = down;
    await expect(reads.read(a)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    reads.error = null;
    reads.hold();
    await expect(reads.read(a, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'upstream_timeout',
    });
    reads.release();
    await a.walks.idle();
  });

  it.each([
    ['what is kept', true, false],
    ['what its caller has', false, true],
  ])('waits for an upstream that hangs no longer than a list does, with %s', async (...given) => {
    const [, isKept, elsewhere] = given;
    const a = await replica({ deadlineMs: 30 });
    if (isKept) {
      await reads.read(a);
      await reads.age(3_600);
    }
    reads.hold();
    const asked = reads.read(a, { elsewhere, timeoutMs: 600_000 });
    if (isKept)
      expect(await asked).toMatchObject({ value: { version: 1 }, forwarded: 'stale-if-error' });
    else await expect(asked).rejects.toMatchObject({ code: 'upstream_timeout' });
    reads.release();
    await a.walks.idle();
    expect(await reads.read(a)).toMatchObject({ value: { version: 1 }, forwarded: null });
    expect(reads.fetches).toBe(isKept ? 2 : 1);
  });

  it('is waited for to its end where nothing can stand in', async () => {
    const a = await replica({ deadlineMs: 30 });
    for (const cacheControl of ['', 'no-cache']) {
      reads.hold();
      const asked = reads.read(a, { what: ['process', 'invoices', cacheControl], cacheControl });
      const done = asked.then(() => true);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await Promise.race([done, Promise.resolve(false)])).toBe(false);
      reads.release();
      expect((await asked).forwarded).toBe(cacheControl === '' ? 'uri-miss' : 'request');
    }
    expect(reads.fetches).toBe(2);
  });

  it('lands though its caller has given up', async () => {
    const [a, b] = [await replica(), await replica()];
    reads.hold();
    const patient = reads.read(a);
    await eventually(() => {
      expect(reads.fetches).toBe(1);
    });
    await expect(reads.read(b, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'upstream_timeout',
    });
    reads.release();
    await patient;
    expect((await reads.read(b)).value).toEqual({ version: 1 });
    expect(reads.fetches).toBe(1);
  });
});
