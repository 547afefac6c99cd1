import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runStatuses } from '../../domain/run.ts';
import { slimRunNative, wholeRunNative } from './concord.native.ts';
import { markOf, toRunRecord } from './concord.run-mapper.ts';
import { type RunWire, runWire } from './concord.wire.ts';

const id = '5bb83d95-4ac0-4fac-9b09-d25fb221f7cf';

function run(changes: Readonly<Record<string, unknown>> = {}): RunWire {
  return runWire.parse({
    instanceId: id,
    kind: 'DEFAULT',
    orgName: 'Default',
    projectName: 'platform-checks',
    repoName: 'main',
    initiator: 'admin',
    status: 'FINISHED',
    createdAt: '2026-11-21T03:36:28.144-05',
    lastRunAt: '2026-11-21T03:36:37.852-05',
    lastUpdatedAt: '2026-11-21T03:36:41.216-05',
    tags: ['nightly'],
    meta: {
      out: { greeting: 'hello' },
      _system: {},
      entryPoint: 'Smoke test',
      gatewayRunId: 'r-1',
    },
    disabled: false,
    ...changes,
  });
}

const recordOf = (changes?: Readonly<Record<string, unknown>>): ReturnType<typeof toRunRecord> =>
  toRunRecord(run(changes), null);

describe('a run', () => {
  test('is mapped, member by member', () => {
    expect(toRunRecord(run(), 'https://console')).toEqual({
      nativeId: id,
      process: 'Default:platform-checks:main:Smoke%20test',
      status: 'succeeded',
      upstreamStatus: 'FINISHED',
      initiator: 'admin',
      createdAt: '2026-11-21T08:36:28.144Z',
      startedAt: '2026-11-21T08:36:37.852Z',
      finishedAt: '2026-11-21T08:36:41.216Z',
      updatedAt: '2026-11-21T08:36:41.216Z',
      input: null,
      output: { greeting: 'hello' },
      isOutputLong: false,
      error: null,
      labels: ['nightly'],
      mark: 'r-1',
      form: 'https://console',
      native: slimRunNative(run()),
    });
  });

  test.each([
    ['NEW', 'queued'],
    ['PREPARING', 'queued'],
    ['ENQUEUED', 'queued'],
    ['WAITING', 'queued'],
    ['STARTING', 'running'],
    ['RUNNING', 'running'],
    ['RESUMING', 'running'],
    ['SUSPENDED', 'suspended'],
    ['FINISHED', 'succeeded'],
    ['FAILED', 'failed'],
    ['CANCELLED', 'cancelled'],
    ['TIMED_OUT', 'timed_out'],
    ['HIBERNATING', 'unknown'],
    ['constructor', 'unknown'],
    ['', 'unknown'],
  ])('that is %s is %s', (word, status) => {
    const record = recordOf({ status: word });
    expect(record).toMatchObject({ status, upstreamStatus: word });
    const ended = ['succeeded', 'failed', 'cancelled', 'timed_out'].includes(status);
    expect(record.finishedAt === null).toBe(!ended);
  });

  test('that begins at a later time is queued', () => {
    const startAt = '2099-01-01T00:00:00.000-05';
    expect(recordOf({ status: 'ENQUEUED', startAt }).status).toBe('queued');
  });

  test.each([
    ['-05', '2026-11-21T08:36:28.144Z'],
    ['+02', '2026-11-21T01:36:28.144Z'],
    ['Z', '2026-11-21T03:36:28.144Z'],
    ['+0000', '2026-11-21T03:36:28.144Z'],
  ])('was created in a zone that is written %s', (zone, createdAt) => {
    expect(recordOf({ createdAt: `2026-11-21T03:36:28.144${zone}` }).createdAt).toBe(createdAt);
  });

  test.each([
    ['no flow yet', { meta: {} }, 'Default:platform-checks:main:'],
    [
      'a flow of any name',
      { meta: { entryPoint: 'a/b: ü' } },
      'Default:platform-checks:main:a%2Fb%3A%20%C3%BC',
    ],
    ['no meta', { meta: null }, 'Default:platform-checks:main:'],
    ['no repository', { repoName: undefined }, null],
    ['no project', { orgName: null, projectName: null, repoName: null }, null],
    ['a flow that is no text', { meta: { entryPoint: 7 } }, 'Default:platform-checks:main:'],
  ])('with %s has its process', (_name, changes, process) => {
    expect(recordOf(changes).process).toBe(process);
  });

  test.each([
    ['an error', { lastError: { '@id': 1, message: 'no such invoice' } }, 'no such invoice', null],
    ['an error and a result', { lastError: { message: 'x' }, total: 3 }, 'x', { total: 3 }],
    ['an error that is a text', { lastError: 'broken' }, 'broken', null],
    ['an error without words', { lastError: {} }, null, null],
    ['nothing to say', undefined, null, null],
    ['something else', 'text', null, null],
  ])('that failed with %s', (_name, out, message, output) => {
    const record = recordOf({ status: 'FAILED', meta: { out } });
    expect(record.error).toEqual(message === null ? null : { code: null, message });
    expect(record.output).toEqual(output);
  });

  test('that was restarted shows nothing of its last time', () => {
    const meta = { out: { lastError: { message: 'old' }, total: 3 } };
    expect(recordOf({ status: 'RUNNING', meta })).toMatchObject({ error: null, output: null });
  });

  test.each([[undefined], [null], [7], [{}], ['']])('without a mark has none: %j', (mark) => {
    expect(markOf(run({ meta: { gatewayRunId: mark } }))).toBeNull();
  });

  test('that came of another one has no mark of its own', () => {
    const fork = { meta: { gatewayRunId: 'r-1' }, parentInstanceId: id };
    expect(recordOf(fork).mark).toBeNull();
  });

  test('shows neither passwords nor what a trigger gave it', () => {
    const whole = wholeRunNative(
      run({
        repoUrl: 'https://me:secret-1@git.example.com/a.git',
        triggeredBy: {
          trigger: {
            eventSource: 'cron',
            arguments: { password: 'secret-2' },
            conditions: { token: 'secret-3' },
            cfg: { entryPoint: 'secret-4' },
          },
        },
        meta: { out: { token: 'secret-5' }, note: 'shown' },
      }),
    );
    expect(JSON.stringify(whole)).not.toMatch(/secret/);
    expect(whole).toMatchObject({
      repoUrl: 'https://git.example.com/a.git',
      meta: { note: 'shown' },
      triggeredBy: { trigger: { eventSource: 'cron', arguments: { password: '[redacted]' } } },
    });
    expect(Object.keys(slimRunNative(run()))).toEqual([
      'kind',
      'orgName',
      'projectName',
      'repoName',
      'disabled',
    ]);
  });

  test('is refused or mapped, whatever the upstream says', () => {
    const members = Object.fromEntries(
      Object.keys(runWire.shape).map((name) => [name, fc.jsonValue()]),
    );
    const entry = fc.record(members, { requiredKeys: [] }).chain((loose) =>
      fc.record({ id: fc.boolean(), status: fc.string() }).map(({ id: fits, status }) => ({
        ...loose,
        ...(fits ? { instanceId: id, status } : {}),
      })),
    );
    fc.assert(
      fc.property(entry, (wire) => {
        const parsed = runWire.safeParse(wire);
        if (!parsed.success) return;
        const record = toRunRecord(parsed.data, null);
        expect(runStatuses).toContain(record.status);
        expect(Object.values(record)).not.toContain(undefined);
      }),
      { numRuns: 500 },
    );
  });
});
