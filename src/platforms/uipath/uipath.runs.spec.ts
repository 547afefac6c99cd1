import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { PlatformAdapter, RunsPart } from '../../domain/adapter.ts';
import { GatewayError, problems } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { uipathSandbox } from '../../sandbox/uipath/uipath.sandbox.ts';
import { MemoryBudgets } from '../../upstream/memory-budgets.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { UipathConfig } from './uipath.config.ts';
import { UipathConnector } from './uipath.module.ts';
import { UipathStartOptions } from './uipath.options.ts';
import { shownBy, sightingsIn } from '../many-runs.testing.ts';

describe('runs of UiPath', () => {
  let sandbox: Sandbox;
  let exchanges: Exchange[] = [];
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(15_000);

  beforeAll(async () => {
    sandbox = await startSandbox(uipathSandbox, {
      observe: (exchange) => exchanges.push(exchange),
    });
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.reset();
    exchanges = [];
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  function adapter(
    changes: Partial<UipathConfig> = {},
    budgets = new MemoryBudgets(),
  ): PlatformAdapter {
    return new UipathConnector(upstreams, budgets).open({
      ...z
        .object(connectionFields)
        .parse({ baseUrl: `${sandbox.url}/acme/Production/orchestrator_` }),
      id: 'uipath-eu',
      platform: 'uipath',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      folder: { path: 'Shared' },
      feed: 'tenant',
      pageSize: 500,
      listCallsPerMinute: 100,
      blobHosts: [],
      ...changes,
    });
  }
  function runsOf(of: PlatformAdapter = adapter()): RunsPart {
    if (of.parts.runs === undefined) throw new Error('no runs');
    return of.parts.runs;
  }
  async function start(jobsCount = 1, input: object = { in_DurationMs: 1 }): Promise<string[]> {
    const { starts } = adapter().parts;
    const options = Object.assign(new UipathStartOptions(), { jobsCount });
    const evidences = await starts?.prepare(
      {
        process: 'SmokeTest',
        version: null,
        deployment: null,
        input: { ...input },
        labels: [],
        options,
        mark: randomUUID(),
      },
      signal(),
    );
    const departure = {
      signal: signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('no file')),
    };
    const receipts = await Promise.all(
      (evidences ?? []).map(async (each) => starts?.send(each, departure)),
    );
    return receipts.map((receipt) => receipt?.nativeId ?? '');
  }
  const ref = (nativeId: string, createdAt: string | null = null): RunRef => ({
    nativeId,
    process: 'SmokeTest',
    createdAt,
  });
  const lists = (): URL[] =>
    exchanges
      .filter(({ url }) => url.includes('/odata/Jobs?'))
      .map(({ url }) => new URL(url, 'http://sandbox'));
  const code = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: unknown) => (error as GatewayError).code,
    );
  async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const value = await ask();
      if (holds(value) || Date.now() > deadline) return value;
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  test('are read by key in any case and by number, whole, until they end', async () => {
    const [id = ''] = await start(1, { in_DurationMs: 1, in_Text: 'Büro' });
    const done = await until(
      () => runsOf().get(id.toUpperCase(), signal()),
      (run) => run?.status === 'succeeded',
    );
    expect(done).toMatchObject({
      nativeId: id,
      process: 'SmokeTest',
      status: 'succeeded',
      upstreamStatus: 'Successful',
      input: { in_DurationMs: 1, in_Text: 'Büro' },
      output: { out_ItemsHandled: expect.any(Number) },
      error: null,
      mark: expect.any(String),
    });
    expect(Date.parse(done?.startedAt ?? '')).toBeGreaterThan(Date.parse(done?.createdAt ?? ''));
    const number = String(done?.native['Id']);
    expect(await runsOf().get(number, signal())).toEqual(done);
    expect(await shownBy(runsOf().getMany([ref(id)], signal()))).toMatchObject([{ nativeId: id }]);
  });

  test('fail with the words of the platform', async () => {
    const [id = ''] = await start(1, { in_DurationMs: 1, in_Fail: true });
    const run = await until(
      () => runsOf().get(id, signal()),
      (found) => found?.status === 'failed',
    );
    expect(run).toMatchObject({ output: null, error: { code: 'BusinessException' } });
  });

  test('that cannot be are not asked for; those that are not there are null', async () => {
    for (const id of ['x', '..', 'a:b', '0', '%2F', '-1', 'r-1'])
      expect(await runsOf().get(id, signal())).toBeNull();
    expect(await shownBy(runsOf().getMany([ref('x'), ref('1001')], signal()))).toEqual([]);
    expect(exchanges).toEqual([]);
    expect(await runsOf().get(randomUUID(), signal())).toBeNull();
    expect(await runsOf().get('999999999', signal())).toBeNull();
  });

  describe('of which many are asked for', () => {
    test('come by their keys, fifty to a call', async () => {
      const ids = await start(7);
      const strangers = Array.from({ length: 113 }, () => randomUUID());
      exchanges = [];
      const found = await shownBy(
        runsOf().getMany(
          [...strangers, ...ids].map((id) => ref(id)),
          signal(),
        ),
      );
      expect(found.map(({ nativeId }) => nativeId).sort()).toEqual([...ids].sort());
      expect(lists()).toHaveLength(3);
      for (const { searchParams } of lists()) {
        const keys = searchParams.get('$filter')?.match(/'[0-9a-f-]{36}'/g) ?? [];
        expect(keys.length).toBeLessThanOrEqual(50);
        expect(searchParams.get('$top')).toBe(String(keys.length));
        expect(searchParams.get('$select')).toContain('State');
      }
    });

    test('come one by one where a list of them is not what it should be', async () => {
      const ids = await start(3);
      const fault = { kind: 'status', status: 200, body: '{"value":[{"Id":"x"}]}' } as const;
      sandbox.faults.add({ path: 'Key\\+in', fault });
      sandbox.faults.add({ path: `identifier=${ids[0]}`, fault: { kind: 'status', status: 403 } });
      const refs = ids.map((id) => ref(id));
      const found = await sightingsIn(runsOf().getMany(refs, signal()));
      expect(found.get(ids[0] ?? '')).toBeInstanceOf(GatewayError);
      expect([ids[1], ids[2]].map((id) => found.get(id ?? ''))).toEqual(
        [ids[1], ids[2]].map((nativeId) => expect.objectContaining({ nativeId })),
      );
    });

    test('come by the time in which they were created where that takes fewer calls', async () => {
      const ids = [...(await start(100)), ...(await start(60))];
      const now = new Date().toISOString();
      exchanges = [];
      const found = await shownBy(
        runsOf().getMany(
          ids.map((id) => ref(id, now)),
          signal(),
        ),
      );
      expect(new Set(found.map(({ nativeId }) => nativeId))).toEqual(new Set(ids));
      expect(lists()).toHaveLength(1);
      exchanges = [];
      const small = runsOf(adapter({ pageSize: 10 }));
      expect(
        await shownBy(
          small.getMany(
            ids.map((id) => ref(id, now)),
            signal(),
          ),
        ),
      ).toHaveLength(ids.length);
      // One look at how many there are, and then by keys what it did not show.
      expect(lists()).toHaveLength(4);
    });

    test('come by the time in which most were created, though a few are much older', async () => {
      const ids = await start(100);
      const now = new Date().toISOString();
      const old = Array.from({ length: 50 }, () => ref(randomUUID(), '2020-01-01T00:00:00.000Z'));
      exchanges = [];
      const found = await shownBy(
        runsOf().getMany([...old, ...ids.map((id) => ref(id, now))], signal()),
      );
      expect(new Set(found.map(({ nativeId }) => nativeId))).toEqual(new Set(ids));
      const filters = lists().map(({ searchParams }) => searchParams.get('$filter') ?? '');
      expect(filters).toHaveLength(2);
      expect(filters[0]).not.toContain('2020');
      expect(filters[1]).toContain('Key in');
    });
  });

  describe('since a time', () => {
    test('come each once, page by page, whoever started them', async () => {
      const from = new Date().toISOString();
      const ids = await start(11);
      exchanges = [];
      const found = await runsOf(adapter({ pageSize: 3 })).since(from, signal());
      expect(found.map(({ nativeId }) => nativeId).sort()).toEqual([...ids].sort());
      expect(lists()).toHaveLength(4);
      expect(new Set(found.map(({ process }) => process))).toEqual(new Set(['SmokeTest']));
      const all = await runsOf().since('2020-01-01T00:00:00.000Z', signal());
      expect(all.length).toBeGreaterThan(found.length);
      expect(await runsOf().since('2100-01-01T00:00:00.000Z', signal())).toEqual([]);
    });

    test('come from servers that give less than was asked for and do not count', async () => {
      const rows = [1, 2, 3, 4, 5].map((Id) => ({ Id, Key: randomUUID(), State: 'Running' }));
      const answer = (path: string, value: unknown): void => {
        const body = JSON.stringify({ value });
        sandbox.faults.add({ path, times: 1, fault: { kind: 'status', status: 200, body } });
      };
      answer('Id\\+gt\\+4', rows.slice(4));
      answer('Id\\+gt\\+5', []);
      answer('Id\\+gt\\+2', rows.slice(2, 4));
      answer('CreationTime', rows.slice(0, 2));
      const found = await runsOf().since('2020-01-01T00:00:00.000Z', signal());
      expect(found.map(({ native }) => native['Id'])).toEqual([1, 2, 3, 4, 5]);
    });

    test.each([
      ['counts what it does not list', { '@odata.count': 9, value: [] }],
      [
        'gives the same page again and again',
        { value: [{ Id: 1, Key: randomUUID(), State: 'Running' }] },
      ],
    ])('end when a server %s', async (_what, body) => {
      sandbox.faults.add({
        path: '/odata/Jobs',
        fault: { kind: 'status', status: 200, body: JSON.stringify(body) },
      });
      expect(await code(runsOf().since('2020-01-01T00:00:00.000Z', signal()))).toBe(
        'upstream_contract',
      );
    });

    test('come without a selection from builds that refuse it', async () => {
      const [id = ''] = await start();
      sandbox.faults.add({ path: 'select=', fault: { kind: 'status', status: 400 } });
      const runs = runsOf();
      exchanges = [];
      expect(await shownBy(runs.getMany([ref(id)], signal()))).toHaveLength(1);
      expect(await shownBy(runs.getMany([ref(id)], signal()))).toHaveLength(1);
      expect(lists()).toHaveLength(3);
    });
  });

  describe('lists are paid from the budget of the tenant', () => {
    test('which single reads do not touch', async () => {
      const open = adapter({ listCallsPerMinute: 2 });
      expect(await open.budget?.()).toMatchObject({ limit: 2, remaining: 2 });
      for (let at = 0; at < 2; at += 1)
        await shownBy(runsOf(open).getMany([ref(randomUUID())], signal()));
      exchanges = [];
      const refused = shownBy(runsOf(open).getMany([ref(randomUUID())], signal()));
      await expect(refused).rejects.toMatchObject({
        code: 'upstream_rate_limited',
        details: { sent: 'no', retryAfterMs: expect.any(Number) },
      });
      expect(exchanges).toEqual([]);
      expect(await open.budget?.()).toMatchObject({ limit: 2, remaining: 0 });
      expect(await runsOf(open).get(randomUUID(), signal())).toBeNull();
      expect(await open.parts.processes?.list(signal())).not.toHaveLength(0);
    });

    test('of which what callers list has a share: polls and starts have the rest', async () => {
      const open = adapter({ listCallsPerMinute: 10 });
      const { runs, starts } = open.parts;
      const now = new Date().toISOString();
      const lists = Array.from({ length: 10 }, () => code(runsOf(open).since(now, signal())));
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
      const open = adapter({ listCallsPerMinute: 5 });
      for (let at = 0; at < 5; at += 1)
        await shownBy(runsOf(open).getMany([ref(randomUUID())], signal()));
      const listed = await code(runsOf(open).since(new Date().toISOString(), signal()));
      expect(listed).toBe('upstream_rate_limited');
    });

    test('each try of them', async () => {
      const open = adapter();
      const fault = { kind: 'status', status: 503 } as const;
      sandbox.faults.add({ path: '/odata/Jobs', times: 2, fault });
      await shownBy(runsOf(open).getMany([ref(randomUUID())], signal()));
      expect(await open.budget?.()).toMatchObject({ remaining: 97 });
    });

    test('whichever connection asks', async () => {
      const budgets = new MemoryBudgets();
      const one = adapter({ listCallsPerMinute: 5 }, budgets);
      const other = adapter({ listCallsPerMinute: 5, folder: { id: 102 } }, budgets);
      const tenant = adapter({ listCallsPerMinute: 5, tenantName: 'Test' }, budgets);
      await shownBy(runsOf(one).getMany([ref(randomUUID())], signal()));
      expect(await other.budget?.()).toMatchObject({ remaining: 4 });
      expect(await tenant.budget?.()).toMatchObject({ remaining: 5 });
    });

    test.each([null, 0])('unless there is none: %s', async (listCallsPerMinute) => {
      const open = adapter({ listCallsPerMinute });
      await shownBy(runsOf(open).getMany([ref(randomUUID())], signal()));
      expect(await open.budget?.()).toBeNull();
    });

    test('so that a tenant which holds its limit is never asked too often', async () => {
      const open = runsOf();
      const results = await Promise.all(
        Array.from({ length: 130 }, () =>
          code(shownBy(open.getMany([ref(randomUUID())], signal()))),
        ),
      );
      expect(results.filter((result) => result === 'no error')).toHaveLength(100);
      expect(exchanges.filter(({ status }) => status === 429)).toEqual([]);
    });
  });

  test('are none without a folder', () => {
    const { parts } = adapter({ folder: undefined });
    for (const part of ['runs', 'starts', 'log', 'attachments', 'cancel'] as const)
      expect(parts[part]).toBeUndefined();
  });

  test('or an error of the catalogue, whatever the platform answers', async () => {
    const open = runsOf(adapter({ listCallsPerMinute: null }));
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        sandbox.faults.clear();
        const fault = { kind: 'status', status: 200, body: JSON.stringify(body) } as const;
        sandbox.faults.add({ path: '/odata/', fault });
        for (const read of [
          () => open.get(randomUUID(), signal()),
          () => shownBy(open.getMany([ref(randomUUID())], signal())),
          () => open.since('2020-01-01T00:00:00.000Z', signal()),
        ]) {
          const result = await code(read());
          expect(['no error', ...Object.keys(problems)]).toContain(result);
        }
      }),
      { numRuns: 30 },
    );
  });
});
