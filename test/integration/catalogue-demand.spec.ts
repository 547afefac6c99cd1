import { beforeEach, describe, expect, it } from '@jest/globals';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import { ControlledList } from '../support/controlled-list.ts';
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

describe('a refresh', () => {
  it('starts though nobody waits for it', async () => {
    const a = await replica({ timing: { forcedApart: 200 } });
    await a.list();
    upstream.names = ['Travel'];
    expect(await a.catalogue.refresh('erp', Date.now())).toBeNull();
    expect(await a.catalogue.source('erp')).toMatchObject({ connection: 'erp', count: 2 });
    await eventually(() => {
      expect(upstream.ended).toBe(2);
    });
    await a.walks.idle();
    expect((await a.list()).names).toEqual(['Travel']);
  });

  it('gives the new source to who waits', async () => {
    const a = await replica();
    upstream.names = ['Travel'];
    const source = await a.catalogue.refresh('erp', Date.now() + 10_000);
    expect(source).toMatchObject({ connection: 'erp', status: 'fresh', count: 1, problem: null });
  });
});

describe('no-cache', () => {
  it('reads first, at most once a second, and callers in between share the next, on all replicas', async () => {
    const starts: number[] = [];
    const source = upstream.source();
    const list: typeof source.list = (signal) => {
      starts.push(performance.now());
      return source.list(signal, false);
    };
    const options = { deadlineMs: 20_000 };
    const [a, b] = [
      await replica(options, { ...source, list }),
      await replica(options, { ...source, list }),
    ];
    await a.list();
    const forced = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? a : b).list({ cacheControl: 'no-cache' }),
    );
    for (const answer of await Promise.all(forced)) {
      expect(answer).toMatchObject({ forwarded: 'request', sources: [{ status: 'fresh' }, {}] });
    }
    expect(starts).toHaveLength(2);
    await Promise.all([a, b].map((each) => each.list({ cacheControl: 'max-age=0' })));
    expect(starts).toHaveLength(3);
    for (const [n, start] of starts.entries()) {
      // Their clock is the one of Redis: a little is allowed for the way there.
      if (n > 0) expect(start - starts[n - 1]!).toBeGreaterThan(950);
    }
  });

  it('does not take a walk that was under way for one that began after the call', async () => {
    const a = await replica({ timing: { forcedApart: 20 } });
    await a.list();
    await a.age('erp', 40_000);
    upstream.hold();
    await a.list();
    await eventually(() => {
      expect(upstream.walks).toBe(2);
    });
    upstream.processes = new ControlledList('erp', ['Travel']).processes;
    const forced = a.list({ cacheControl: 'no-cache' });
    upstream.release();
    expect((await forced).names).toEqual(['Travel']);
    expect(upstream.walks).toBe(3);
  });

  it('sets the pace for what asks more of freshness than is configured, too', async () => {
    const a = await replica({ deadlineMs: 20_000 });
    await a.list();
    const calls = Array.from({ length: 5 }, () => a.list({ cacheControl: 'min-fresh=60' }));
    for (const { sources } of await Promise.all(calls)) expect(sources[0]?.status).toBe('fresh');
    expect(upstream.walks).toBe(2);
  });

  it('shows what is kept as stale when the upstream fails', async () => {
    const a = await replica({ timing: { forcedApart: 20 } });
    await a.list();
    upstream.error = new UpstreamUnavailableError('The ERP is down.');
    expect(await a.list({ cacheControl: 'no-cache' })).toMatchObject({
      names: ['Invoices', 'Payroll'],
      sources: [{ status: 'stale', problem: { code: 'upstream_unavailable' } }, {}],
    });
    // Who does not ask for more has what is within the ttl, at once, and is told as well that it could not be renewed.
    const begun = upstream.walks;
    expect(await a.list()).toMatchObject({
      forwarded: null,
      sources: [{ status: 'stale', problem: { code: 'upstream_unavailable' } }, {}],
    });
    expect(upstream.walks).toBe(begun);
  });
});

describe('read your writes', () => {
  it('makes every replica read again after a mark, also one that has a hot answer in memory', async () => {
    const [a, b] = [await replica(), await replica()];
    await b.list();
    expect(await b.list()).toMatchObject({ forwarded: null });
    upstream.names = ['Invoices', 'Payroll', 'Travel'];
    expect((await b.list()).names).not.toContain('Travel');
    await a.cells.mark('erp');
    expect((await b.list()).names).toContain('Travel');
    expect((await a.list()).names).toContain('Travel');
    expect(upstream.walks).toBe(2);
  });

  it('does not take what was under way at the mark for fresh', async () => {
    const [a, b] = [await replica(), await replica()];
    upstream.hold();
    const early = b.list();
    await eventually(() => {
      expect(upstream.walks).toBe(1);
    });
    await a.cells.mark('erp');
    upstream.processes = new ControlledList('erp', ['Travel']).processes;
    const late = b.list();
    upstream.release();
    expect((await late).names).toEqual(['Travel']);
    await early;
    expect(upstream.walks).toBe(2);
    expect(await b.list()).toMatchObject({ names: ['Travel'], sources: [{ status: 'fresh' }, {}] });
  });

  it('reads again at once after a mark, though the last walk has just failed', async () => {
    const a = await replica();
    await a.list();
    await a.cells.mark('erp');
    upstream.error = new UpstreamUnavailableError('The ERP is down.');
    expect(await statusOf(a)).toBe('stale');
    upstream.error = null;
    expect(await statusOf(a)).toBe('stale');
    expect(upstream.walks).toBe(2);
    await a.cells.mark('erp');
    expect(await statusOf(a)).toBe('fresh');
    expect(upstream.walks).toBe(3);
  });

  it('touches only the connection that was written to', async () => {
    const a = await replica();
    await a.list();
    await a.cells.mark('crm');
    await a.list();
    expect([upstream.walks, other.walks]).toEqual([1, 2]);
  });
});
