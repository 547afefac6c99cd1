import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { MemoryBudgets } from '../../upstream/memory-budgets.ts';
import { shownBy } from '../many-runs.testing.ts';
import { code, ref, RunningUipath, signal } from './uipath.runs.testing.ts';

describe('lists of runs are paid from the budget of the tenant', () => {
  const uipath = new RunningUipath();

  test('which single reads do not touch', async () => {
    const open = uipath.adapter({ listCallsPerMinute: 2 });
    expect(await open.budget?.()).toMatchObject({ limit: 2, remaining: 2 });
    for (let at = 0; at < 2; at += 1)
      await shownBy(uipath.runsOf(open).getMany([ref(randomUUID())], signal()));
    uipath.exchanges = [];
    const refused = shownBy(uipath.runsOf(open).getMany([ref(randomUUID())], signal()));
    await expect(refused).rejects.toMatchObject({
      code: 'upstream_rate_limited',
      details: { sent: 'no', retryAfterMs: expect.any(Number) },
    });
    expect(uipath.exchanges).toEqual([]);
    expect(await open.budget?.()).toMatchObject({ limit: 2, remaining: 0 });
    expect(await uipath.runsOf(open).get(randomUUID(), signal())).toBeNull();
    expect(await open.parts.processes?.list(signal())).not.toHaveLength(0);
  });

  test('of which what callers list has a share: polls and starts have the rest', async () => {
    const open = uipath.adapter({ listCallsPerMinute: 10 });
    const { runs, starts } = open.parts;
    const now = new Date().toISOString();
    const lists = Array.from({ length: 10 }, () => code(uipath.runsOf(open).since(now, signal())));
    const listed = await Promise.all(lists);
    expect(listed.filter((result) => result === 'no error')).toHaveLength(4);
    expect(listed.filter((result) => result === 'upstream_rate_limited')).toHaveLength(6);
    expect(await open.budget?.()).toMatchObject({ limit: 10, remaining: 6 });
    for (let at = 0; at < 5; at += 1) await shownBy(runs!.getMany([ref(randomUUID())], signal()));
    const evidence = {
      reference: 'none',
      release: { id: '1', key: '1', name: '1', version: null },
      startInfo: {},
      input: null,
    };
    const sent = { from: Date.now() - 1, until: Date.now() };
    expect((await starts?.reconcile(evidence, sent, signal()))?.state).toBe('absent');
    expect(await open.budget?.()).toMatchObject({ remaining: 0 });
  });

  test('of which polls may take all, and what callers list then nothing', async () => {
    const open = uipath.adapter({ listCallsPerMinute: 5 });
    for (let at = 0; at < 5; at += 1)
      await shownBy(uipath.runsOf(open).getMany([ref(randomUUID())], signal()));
    const listed = await code(uipath.runsOf(open).since(new Date().toISOString(), signal()));
    expect(listed).toBe('upstream_rate_limited');
  });

  test('each try of them', async () => {
    const open = uipath.adapter();
    const fault = { kind: 'status', status: 503 } as const;
    uipath.sandbox.faults.add({ path: '/odata/Jobs', times: 2, fault });
    await shownBy(uipath.runsOf(open).getMany([ref(randomUUID())], signal()));
    expect(await open.budget?.()).toMatchObject({ remaining: 97 });
  });

  test('whichever connection asks', async () => {
    const budgets = new MemoryBudgets();
    const one = uipath.adapter({ listCallsPerMinute: 5 }, budgets);
    const other = uipath.adapter({ listCallsPerMinute: 5, folder: { id: 102 } }, budgets);
    const tenant = uipath.adapter({ listCallsPerMinute: 5, tenantName: 'Test' }, budgets);
    await shownBy(uipath.runsOf(one).getMany([ref(randomUUID())], signal()));
    expect(await other.budget?.()).toMatchObject({ remaining: 4 });
    expect(await tenant.budget?.()).toMatchObject({ remaining: 5 });
  });

  test.each([null, 0])('unless there is none: %s', async (listCallsPerMinute) => {
    const open = uipath.adapter({ listCallsPerMinute });
    await shownBy(uipath.runsOf(open).getMany([ref(randomUUID())], signal()));
    expect(await open.budget?.()).toBeNull();
  });

  test('so that a tenant which holds its limit is never asked too often', async () => {
    const open = uipath.runsOf();
    const results = await Promise.all(
      Array.from({ length: 130 }, () => code(shownBy(open.getMany([ref(randomUUID())], signal())))),
    );
    expect(results.filter((result) => result === 'no error')).toHaveLength(100);
    expect(uipath.exchanges.filter(({ status }) => status === 429)).toEqual([]);
  });
});
