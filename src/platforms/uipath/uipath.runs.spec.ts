import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { GatewayError, problems } from '../../domain/errors.ts';
import { shownBy, sightingsIn } from '../many-runs.testing.ts';
import { code, ref, RunningUipath, signal } from './uipath.runs.testing.ts';

async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = await ask();
    if (holds(value) || Date.now() > deadline) return value;
    await new Promise((done) => setTimeout(done, 50));
  }
}

describe('runs of UiPath', () => {
  const uipath = new RunningUipath();

  test('are read by key in any case and by number, whole, until they end', async () => {
    const [id = ''] = await uipath.start(1, { in_DurationMs: 1, in_Text: 'Büro' });
    const done = await until(
      () => uipath.runsOf().get(id.toUpperCase(), signal()),
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
    expect(await uipath.runsOf().get(number, signal())).toEqual(done);
    expect(await shownBy(uipath.runsOf().getMany([ref(id)], signal()))).toMatchObject([
      { nativeId: id },
    ]);
  });

  test('fail with the words of the platform', async () => {
    const [id = ''] = await uipath.start(1, { in_DurationMs: 1, in_Fail: true });
    const run = await until(
      () => uipath.runsOf().get(id, signal()),
      (found) => found?.status === 'failed',
    );
    expect(run).toMatchObject({ output: null, error: { code: 'BusinessException' } });
  });

  test('that cannot be are not asked for; those that are not there are null', async () => {
    for (const id of ['x', '..', 'a:b', '0', '%2F', '-1', 'r-1'])
      expect(await uipath.runsOf().get(id, signal())).toBeNull();
    expect(await shownBy(uipath.runsOf().getMany([ref('x'), ref('1001')], signal()))).toEqual([]);
    expect(uipath.exchanges).toEqual([]);
    expect(await uipath.runsOf().get(randomUUID(), signal())).toBeNull();
    expect(await uipath.runsOf().get('999999999', signal())).toBeNull();
  });

  describe('of which many are asked for', () => {
    test('come by their keys, fifty to a call', async () => {
      const ids = await uipath.start(7);
      const strangers = Array.from({ length: 113 }, () => randomUUID());
      uipath.exchanges = [];
      const found = await shownBy(
        uipath.runsOf().getMany(
          [...strangers, ...ids].map((id) => ref(id)),
          signal(),
        ),
      );
      expect(found.map(({ nativeId }) => nativeId).sort()).toEqual([...ids].sort());
      expect(uipath.lists()).toHaveLength(3);
      for (const { searchParams } of uipath.lists()) {
        const keys = searchParams.get('$filter')?.match(/'[0-9a-f-]{36}'/g) ?? [];
        expect(keys.length).toBeLessThanOrEqual(50);
        expect(searchParams.get('$top')).toBe(String(keys.length));
        expect(searchParams.get('$select')).toContain('State');
      }
    });

    test('come one by one where a list of them is not what it should be', async () => {
      const ids = await uipath.start(3);
      const fault = { kind: 'status', status: 200, body: '{"value":[{"Id":"x"}]}' } as const;
      uipath.sandbox.faults.add({ path: 'Key\\+in', fault });
      uipath.sandbox.faults.add({
        path: `identifier=${ids[0]}`,
        fault: { kind: 'status', status: 403 },
      });
      const refs = ids.map((id) => ref(id));
      const found = await sightingsIn(uipath.runsOf().getMany(refs, signal()));
      expect(found.get(ids[0] ?? '')).toBeInstanceOf(GatewayError);
      expect([ids[1], ids[2]].map((id) => found.get(id ?? ''))).toEqual(
        [ids[1], ids[2]].map((nativeId) => expect.objectContaining({ nativeId })),
      );
    });

    test('come by the time in which they were created where that takes fewer calls', async () => {
      const ids = [...(await uipath.start(100)), ...(await uipath.start(60))];
      const now = new Date().toISOString();
      uipath.exchanges = [];
      const found = await shownBy(
        uipath.runsOf().getMany(
          ids.map((id) => ref(id, now)),
          signal(),
        ),
      );
      expect(new Set(found.map(({ nativeId }) => nativeId))).toEqual(new Set(ids));
      expect(uipath.lists()).toHaveLength(1);
      uipath.exchanges = [];
      const small = uipath.runsOf(uipath.adapter({ pageSize: 10 }));
      expect(
        await shownBy(
          small.getMany(
            ids.map((id) => ref(id, now)),
            signal(),
          ),
        ),
      ).toHaveLength(ids.length);
      // One look at how many there are, and then by keys what it did not show.
      expect(uipath.lists()).toHaveLength(4);
    });

    test('come by the time in which most were created, though a few are much older', async () => {
      const ids = await uipath.start(100);
      const now = new Date().toISOString();
      const old = Array.from({ length: 50 }, () => ref(randomUUID(), '2020-01-01T00:00:00.000Z'));
      uipath.exchanges = [];
      const found = await shownBy(
        uipath.runsOf().getMany([...old, ...ids.map((id) => ref(id, now))], signal()),
      );
      expect(new Set(found.map(({ nativeId }) => nativeId))).toEqual(new Set(ids));
      const filters = uipath.lists().map(({ searchParams }) => searchParams.get('$filter') ?? '');
      expect(filters).toHaveLength(2);
      expect(filters[0]).not.toContain('2020');
      expect(filters[1]).toContain('Key in');
    });
  });

  describe('since a time', () => {
    test('come each once, page by page, whoever started them', async () => {
      const from = new Date().toISOString();
      const ids = await uipath.start(11);
      uipath.exchanges = [];
      const found = await uipath.runsOf(uipath.adapter({ pageSize: 3 })).since(from, signal());
      expect(found.map(({ nativeId }) => nativeId).sort()).toEqual([...ids].sort());
      expect(uipath.lists()).toHaveLength(4);
      expect(new Set(found.map(({ process }) => process))).toEqual(new Set(['SmokeTest']));
      const all = await uipath.runsOf().since('2020-01-01T00:00:00.000Z', signal());
      expect(all.length).toBeGreaterThan(found.length);
      expect(await uipath.runsOf().since('2100-01-01T00:00:00.000Z', signal())).toEqual([]);
    });

    test('come from servers that give less than was asked for and do not count', async () => {
      const rows = [1, 2, 3, 4, 5].map((Id) => ({ Id, Key: randomUUID(), State: 'Running' }));
      const answer = (path: string, value: unknown): void => {
        const body = JSON.stringify({ value });
        uipath.sandbox.faults.add({ path, times: 1, fault: { kind: 'status', status: 200, body } });
      };
      answer('Id\\+gt\\+4', rows.slice(4));
      answer('Id\\+gt\\+5', []);
      answer('Id\\+gt\\+2', rows.slice(2, 4));
      answer('CreationTime', rows.slice(0, 2));
      const found = await uipath.runsOf().since('2020-01-01T00:00:00.000Z', signal());
      expect(found.map(({ native }) => native['Id'])).toEqual([1, 2, 3, 4, 5]);
    });

    test.each([
      ['counts what it does not list', { '@odata.count': 9, value: [] }],
      [
        'gives the same page again and again',
        { value: [{ Id: 1, Key: randomUUID(), State: 'Running' }] },
      ],
    ])('end when a server %s', async (_what, body) => {
      uipath.sandbox.faults.add({
        path: '/odata/Jobs',
        fault: { kind: 'status', status: 200, body: JSON.stringify(body) },
      });
      expect(await code(uipath.runsOf().since('2020-01-01T00:00:00.000Z', signal()))).toBe(
        'upstream_contract',
      );
    });

    test('come without a selection from builds that refuse it', async () => {
      const [id = ''] = await uipath.start();
      uipath.sandbox.faults.add({ path: 'select=', fault: { kind: 'status', status: 400 } });
      const runs = uipath.runsOf();
      uipath.exchanges = [];
      expect(await shownBy(runs.getMany([ref(id)], signal()))).toHaveLength(1);
      expect(await shownBy(runs.getMany([ref(id)], signal()))).toHaveLength(1);
      expect(uipath.lists()).toHaveLength(3);
    });
  });

  test('are none without a folder', () => {
    const { parts } = uipath.adapter({ folder: undefined });
    for (const part of ['runs', 'starts', 'log', 'attachments', 'cancel'] as const)
      expect(parts[part]).toBeUndefined();
  });

  test('or an error of the catalogue, whatever the platform answers', async () => {
    const open = uipath.runsOf(uipath.adapter({ listCallsPerMinute: null }));
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        uipath.sandbox.faults.clear();
        const fault = { kind: 'status', status: 200, body: JSON.stringify(body) } as const;
        uipath.sandbox.faults.add({ path: '/odata/', fault });
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
