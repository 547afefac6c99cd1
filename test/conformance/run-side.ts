import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformAdapter } from '../../src/domain/adapter.ts';
import { GatewayError, UpstreamTimeoutError } from '../../src/domain/errors.ts';
import { encodeKey } from '../../src/domain/ids.ts';
import type { RunRecord, StartRequest } from '../../src/domain/run.ts';
import type { Platform } from '../../src/platforms/platform.ts';
import type { Sandbox } from '../../src/sandbox/kit/sandbox.ts';
import { eventually } from '../support/eventually.ts';
import { type OpenAdapter, openAdapter } from '../support/open-adapter.ts';
import { readerOf } from './reader.ts';
import { type Begun, expectRecord, expectWhole, refOf, Runner, unknownRef } from './runner.ts';
import { shownBy } from '../../src/platforms/many-runs.testing.ts';

/** Requests to the platform itself, sign-in left out. */
const platformCalls = '^(?!.*(/token|/connect/|/Authenticate))';
const patienceMs = 40_000;

/** What runs for minutes on a sandbox: an ending of the process's key, and the input that makes it last. */
const longRuns: Readonly<Record<string, { readonly key: string; readonly input: object }>> = {
  concord: { key: ':sleep', input: { seconds: 120 } },
  uipath: { key: 'SmokeTest', input: { in_DurationMs: 120_000 } },
};

/** The cases about runs, for every platform that has them. */
export function describeRunSide(platform: Platform, sandbox: () => Sandbox): void {
  let open: OpenAdapter;
  let adapter: PlatformAdapter;
  const reader = readerOf(() => adapter);
  const { signal, part, has, list, smokeTest } = reader;
  const runner = new Runner(platform, reader);
  const effects = (): number =>
    sandbox()
      .ledger()
      .filter(({ effect }) => effect === 'run.started').length;
  const since = (ms: number): Promise<readonly RunRecord[]> =>
    part('runs').since(new Date(ms).toISOString(), signal());
  const begin = async (): Promise<Begun> => runner.begin((await smokeTest()).key);

  beforeAll(() => {
    open = openAdapter(platform, sandbox().url);
    adapter = open.adapter;
  });
  afterAll(() => open.close());

  describe('a start', () => {
    test(
      'asks for its permit once, right before it leaves, and its run comes to its end',
      async () => {
        if (!has('starts')) return;
        const { key } = await smokeTest();
        const { evidence, mark } = await runner.prepare(key);
        const before = effects();
        let permits = 0;
        const from = Date.now();
        const receipt = await part('starts').send(
          evidence,
          runner.departure(() => {
            expect(effects()).toBe(before);
            permits += 1;
          }),
        );
        expect([permits, effects()]).toEqual([1, before + 1]);
        const sent = { from, until: Date.now() };
        const nativeId = receipt.nativeId ?? (await appliedId({ evidence, mark }, sent));
        const run = await runner.ended(nativeId);
        expectWhole(run);
        expect(run).toMatchObject({ nativeId, process: key, status: 'succeeded', form: null });
        for (const at of [run.createdAt, run.startedAt, run.finishedAt]) expect(at).not.toBeNull();
        if (run.mark !== null) expect(run.mark).toBe(mark);
        if (has('log')) expect((await runner.log(refOf(run)))?.length).toBeGreaterThan(200);
      },
      patienceMs,
    );

    test('without its permit leaves nothing behind', async () => {
      if (!has('starts')) return;
      const { evidence } = await runner.prepare((await smokeTest()).key);
      const before = effects();
      const late = new UpstreamTimeoutError('Its time is over.', { sent: 'no' });
      const departure = runner.departure(() => {
        throw late;
      });
      expect(await failure(part('starts').send(evidence, departure))).toEqual([
        'upstream_timeout',
        'no',
      ]);
      expect(effects()).toBe(before);
    });

    test('of what is not there is refused before anything is sent', async () => {
      if (!has('starts')) return;
      const { key } = await smokeTest();
      const refused: StartRequest[] = [
        runner.request(encodeKey(['no-such-process'])),
        runner.request(key, { deployment: '999999' }),
        runner.request(key, { version: '99999.0.0' }),
      ];
      const before = effects();
      for (const request of refused) {
        const error: unknown = await part('starts')
          .prepare(request, signal())
          .catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(GatewayError);
        const { code, details } = error as GatewayError;
        expect(['not_found', 'conflict', 'invalid_request', 'upstream_rejected']).toContain(code);
        expect(details).toMatchObject({ outcome: 'not_sent', connection: platform.name });
      }
      expect(effects()).toBe(before);
    });
  });

  describe('a start without an answer', () => {
    test(
      'is found again, once',
      async () => {
        if (!has('starts')) return;
        const known = new Set((await since(Date.now() - 600_000)).map((run) => run.nativeId));
        const prepared = await runner.prepare((await smokeTest()).key);
        const before = effects();
        const from = Date.now();
        sandbox().faults.add({
          method: 'POST',
          path: platformCalls,
          times: 1,
          fault: { kind: 'resetAfterEffect' },
        });
        const sending = part('starts').send(prepared.evidence, runner.departure());
        expect(await failure(sending)).toEqual(['upstream_unavailable', 'maybe']);
        expect(effects()).toBe(before + 1);
        // Nobody asks before the request's time is over.
        await sleep(1_000);
        const found = await runner.reconcile(prepared, { from, until: Date.now() });
        expect(found.state).not.toBe('absent');
        const ids =
          found.state === 'applied'
            ? [found.receipt.nativeId]
            : 'candidates' in found
              ? found.candidates
              : [];
        const fresh = ids.filter((id) => id !== null && !known.has(id));
        expect(fresh).toHaveLength(1);
        const run = await runner.ended(fresh[0] ?? '');
        if (run.mark !== null) expect(run.mark).toBe(prepared.mark);
      },
      patienceMs,
    );

    test('is not found when nothing was sent', async () => {
      if (!has('starts')) return;
      const prepared = await runner.prepare((await smokeTest()).key);
      const before = effects();
      const from = Date.now();
      const fault = { kind: 'reset' } as const;
      sandbox().faults.add({ method: 'POST', path: platformCalls, times: 1, fault });
      const sending = part('starts').send(prepared.evidence, runner.departure());
      expect(await failure(sending)).toEqual(['upstream_unavailable', 'maybe']);
      const { state } = await runner.reconcile(prepared, { from, until: Date.now() });
      expect(['absent', 'undecided']).toContain(state);
      expect(effects()).toBe(before);
    });

    test.each([
      ['a web page', { kind: 'html' }, 'upstream_contract'],
      ['garbage', { kind: 'garbage' }, 'upstream_contract'],
      ['a compressed bomb', { kind: 'bomb', bytes: 80 * 1024 ** 2 }, 'upstream_contract'],
      ['an endless body', { kind: 'huge', bytes: 65 * 1024 ** 2 }, 'upstream_contract'],
      ['a cut body', { kind: 'truncated' }, 'upstream_unavailable'],
      ['a silence', { kind: 'hang' }, 'upstream_timeout'],
      ['a 500', { kind: 'status', status: 500 }, 'upstream_unavailable'],
      ['a 429', { kind: 'status', status: 429 }, 'upstream_rate_limited'],
      ['a 403', { kind: 'status', status: 403 }, 'upstream_auth_failed'],
      [
        'a redirect',
        { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:9/' } },
        'upstream_contract',
      ],
    ] as const)('but %s may have been done', async (_name, fault, expected) => {
      if (!has('starts')) return;
      const { evidence } = await runner.prepare((await smokeTest()).key);
      const timeout = fault.kind === 'hang' ? '300ms' : '15s';
      const fresh = openAdapter(platform, sandbox().url, { timeout });
      await fresh.adapter.ping(signal());
      sandbox().faults.add({ method: 'POST', path: platformCalls, fault });
      const sending = fresh.adapter.parts.starts?.send(evidence, runner.departure());
      expect(await failure(sending)).toEqual([expected, 'maybe']);
      await fresh.close();
    });

    test('was not sent when nobody listens', async () => {
      if (!has('starts')) return;
      const { evidence } = await runner.prepare((await smokeTest()).key);
      const away = openAdapter(platform, 'http://127.0.0.1:9');
      const sending = away.adapter.parts.starts?.send(evidence, runner.departure());
      expect(await failure(sending)).toEqual(['upstream_unavailable', 'no']);
      await away.close();
    });
  });

  describe('runs', () => {
    test(
      'are the same alone, together and in the list of all',
      async () => {
        if (!has('starts')) return;
        const from = Date.now() - 1_000;
        const begun = await Promise.all([begin(), begin(), begin(), begin()]);
        const alone = await Promise.all(begun.map(({ nativeId }) => runner.ended(nativeId)));
        const together = await shownBy(
          part('runs').getMany(
            [...alone.map(refOf), unknownRef(encodeKey(['no-such-run']))],
            signal(),
          ),
        );
        const all = await since(from);
        for (const records of [together, all]) {
          records.forEach(expectRecord);
          const ids = records.map((run) => run.nativeId);
          expect(new Set(ids).size).toBe(ids.length);
        }
        expect(essence(together)).toEqual(essence(alone));
        // What is kept of a run is what lists show of it, however it was read.
        const listed = all.flatMap(({ native }) => Object.keys(native));
        for (const { native } of [...alone, ...together])
          expect(listed).toEqual(expect.arrayContaining(Object.keys(native)));
        const own = new Set(alone.map((run) => run.nativeId));
        expect(essence(all.filter((run) => own.has(run.nativeId)))).toEqual(essence(alone));
        const [weekAgo, before] = [from - 7 * 86_400_000, from - 1].map((ms) =>
          new Date(ms).toISOString(),
        );
        const older = await part('runs').since(weekAgo ?? '', signal(), before ?? '');
        expect(older.filter((run) => own.has(run.nativeId))).toEqual([]);
        expect(older.length).toBeGreaterThan(0);
      },
      patienceMs,
    );

    test('that do not exist are not there, in whatever spelling', async () => {
      if (!has('runs')) return;
      for (const nativeId of strangeIds) {
        expect(await runner.get(nativeId)).toBeNull();
        const ref = unknownRef(nativeId);
        if (has('log')) expect(await runner.log(ref)).toBeNull();
        if (has('attachments')) expect(await part('attachments').list(ref, signal())).toBeNull();
        const options = { force: false, cascade: false };
        if (has('cancel')) expect(await part('cancel').cancel(ref, options, signal())).toBe(false);
      }
      expect(await shownBy(part('runs').getMany(strangeIds.map(unknownRef), signal()))).toEqual([]);
    });

    test(
      'of all times can be read, with their logs and files',
      async () => {
        if (!has('runs')) return;
        const all = await since(Date.UTC(2000, 0));
        all.forEach(expectRecord);
        for (const item of all.slice(0, 20)) {
          const run = await runner.get(item.nativeId);
          if (run !== null) expectWhole(run);
          if (has('log'))
            expect(['string', 'object']).toContain(typeof (await runner.log(refOf(item))));
          if (!has('attachments')) continue;
          for (const file of (await part('attachments').list(refOf(item), signal())) ?? [])
            expect(Object.keys(file).sort()).toEqual(['length', 'mediaType', 'name']);
        }
      },
      patienceMs,
    );

    test(
      'can be cancelled, and once more, where the platform can do that',
      async () => {
        const long = longRuns[platform.sandbox];
        if (!has('cancel') || !has('starts') || long === undefined) return;
        const process = (await list()).find(({ key }) => key.endsWith(long.key));
        const { nativeId } = await runner.begin(process?.key ?? '', { input: { ...long.input } });
        await eventually(async () => {
          expect((await runner.get(nativeId))?.status).toBe('running');
        });
        const run = { nativeId, process: process?.key ?? null, createdAt: null };
        for (const force of [false, true])
          expect(await part('cancel').cancel(run, { force, cascade: false }, signal())).toBe(true);
        expect((await runner.ended(nativeId)).status).toBe('cancelled');
        expect(await part('cancel').cancel(run, { force: true, cascade: false }, signal())).toBe(
          true,
        );
      },
      patienceMs,
    );
  });

  /** The id of a run whose answer did not tell it. */
  async function appliedId(
    prepared: Parameters<Runner['reconcile']>[0],
    sent: Parameters<Runner['reconcile']>[1],
  ): Promise<string> {
    const found = await runner.reconcile(prepared, sent);
    const nativeId = found.state === 'applied' ? found.receipt.nativeId : null;
    if (nativeId === null) throw new Error(`it is ${found.state}`);
    return nativeId;
  }
}

/** Code of an error, and what it says about whether anything was sent. */
async function failure(work: Promise<unknown> | undefined): Promise<readonly unknown[]> {
  try {
    await work;
    return ['no error'];
  } catch (error) {
    return error instanceof GatewayError ? [error.code, error.details.sent] : [String(error)];
  }
}

/** What every way to read a run has to agree about. */
function essence(runs: readonly RunRecord[]): readonly object[] {
  return runs
    .map(({ nativeId, process, status, upstreamStatus, createdAt, finishedAt }) => {
      return { nativeId, process, status, upstreamStatus, createdAt, finishedAt };
    })
    .sort((a, b) => (a.nativeId < b.nativeId ? -1 : 1));
}

const strangeIds = [
  '00000000-0000-0000-0000-000000000000',
  '3:00000000-0000-0000-0000-000000000000',
  '999999999:00000000-0000-0000-0000-000000000000',
  encodeKey(['*']),
  encodeKey(['..']),
  encodeKey(['a/b']),
  encodeKey(["O'Brien"]),
  encodeKey(['a b ü %']),
  '999999999',
];
