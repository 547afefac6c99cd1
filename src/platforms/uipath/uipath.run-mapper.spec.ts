import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isEnd, runStatuses } from '../../domain/run.ts';
import { toLogLine, toRun, wholeNative } from './uipath.run-mapper.ts';
import { type JobWire, jobWire, logWire } from './uipath.wire.ts';

const key = '0E5B9F5C-7C1A-4F0E-9C39-6D0F5E1F2A3B';
const job = (members: Readonly<Record<string, unknown>>): JobWire =>
  jobWire.parse({ Id: 7, Key: key, State: 'Running', ...members });

describe('a job becomes a run', () => {
  test.each([
    ['Pending', 'queued'],
    ['Resumed', 'queued'],
    ['Running', 'running'],
    ['Stopping', 'cancelling'],
    ['Terminating', 'cancelling'],
    ['Suspended', 'suspended'],
    ['Successful', 'succeeded'],
    ['Faulted', 'failed'],
    ['Stopped', 'cancelled'],
    ['Cancelled', 'cancelled'],
    ['Dreaming', 'unknown'],
    ['constructor', 'unknown'],
    [null, 'unknown'],
    [4, 'unknown'],
  ])('%s is %s', (State, status) => {
    const run = toRun(job({ State }), null);
    expect(run).toMatchObject({ status, upstreamStatus: String(State ?? '') });
  });

  test('no word that nobody knows is an end', () => {
    expect(isEnd(toRun(job({ State: 'Dreaming' }), null).status)).toBe(false);
  });

  test('with its times, whatever decimals they have; the newest of them where none says when it changed', () => {
    const times = {
      CreationTime: '2026-11-21T05:06:07.0891234Z',
      StartTime: '2026-11-21T05:06:08Z',
      EndTime: '2026-11-21T05:06:09.5+01:00',
    };
    expect(toRun(job(times), null)).toMatchObject({
      createdAt: '2026-11-21T05:06:07.089Z',
      startedAt: '2026-11-21T05:06:08.000Z',
      finishedAt: '2026-11-21T04:06:09.500Z',
      updatedAt: '2026-11-21T04:06:09.500Z',
    });
    const LastModificationTime = '2026-11-21T06:00:00Z';
    const none = { EndTime: '0001-01-01T00:00:00Z', LastModificationTime };
    expect(toRun(job({ ...times, ...none }), null)).toMatchObject({
      finishedAt: null,
      updatedAt: '2026-11-21T06:00:00.000Z',
    });
  });

  test('with arguments as JSON, and without what is none', () => {
    const run = toRun(job({ InputArguments: '{"a":1}', OutputArguments: '{"b":[2]}' }), null);
    expect(run).toMatchObject({ input: { a: 1 }, output: { b: [2] } });
    for (const text of ['', null, undefined, '[1]', '"x"', 'null', '{'])
      expect(toRun(job({ OutputArguments: text }), null).output).toBeNull();
  });

  test('that says why it failed, in the fullest words there are', () => {
    const JobError = { code: 'User.Wrong', title: 'Wrong.', detail: 'Wrong number.' };
    const error = (more: object): unknown => toRun(job({ State: 'Faulted', ...more }), null).error;
    expect(error({ JobError, ErrorCode: 'E1', Info: 'i' })).toEqual({
      code: 'E1',
      message: 'Wrong number.',
    });
    expect(error({ JobError: { ...JobError, detail: ' ' } })).toEqual({
      code: 'User.Wrong',
      message: 'Wrong.',
    });
    expect(error({ Info: 'The robot is gone.' })).toEqual({
      code: null,
      message: 'The robot is gone.',
    });
    expect(error({})).toEqual({ code: null, message: 'The job faulted without saying why.' });
    expect(toRun(job({ State: 'Successful', Info: 'Job completed' }), null).error).toBeNull();
  });

  test('of a process in the spelling that is known here, with its mark', () => {
    const Release = { ProcessKey: 'smoketest' };
    expect(toRun(job({ Release, Reference: 'm.1' }), 'SmokeTest')).toMatchObject({
      nativeId: key.toLowerCase(),
      process: 'SmokeTest',
      mark: 'm.1',
      labels: [],
      form: null,
      initiator: null,
    });
    expect(
      toRun(job({ Release: { ProcessKey: 'A (b)' }, Reference: '' }), 'SmokeTest'),
    ).toMatchObject({
      process: 'A%20%28b%29',
      mark: null,
    });
    expect(toRun(job({ Release: null }), 'SmokeTest').process).toBe('SmokeTest');
    expect(toRun(job({}), null).process).toBeNull();
  });

  test('without secrets, and with the file that holds an output which is too long', () => {
    const wire = job({
      EnvironmentVariables: 'TOKEN=hunter2',
      InputArguments: '{}',
      OutputFile: 'f',
      EntryPointPath: 'Main.xaml',
    });
    const { native, output } = toRun(wire, null);
    const whole = wholeNative(wire);
    for (const each of [native, whole]) {
      expect(JSON.stringify(each)).not.toContain('hunter2');
      expect(each).toMatchObject({ OutputFile: 'f' });
      expect(each).not.toHaveProperty('InputArguments');
    }
    expect([native['EntryPointPath'], whole['EntryPointPath']]).toEqual([undefined, 'Main.xaml']);
    expect(output).toBeNull();
  });

  test('or is refused, whatever an upstream sends', () => {
    const anything = fc.oneof(fc.string(), fc.constant(null), fc.integer(), fc.jsonValue());
    const row = fc.record(
      {
        Id: fc.oneof(fc.integer(), anything),
        Key: fc.oneof(fc.uuid(), anything),
        ...Object.fromEntries(
          ['State', 'Info', 'StartTime', 'EndTime', 'Reference', 'Release', 'JobError'].map(
            (member) => [member, anything],
          ),
        ),
        InputArguments: fc.oneof(fc.json(), anything),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(row, (value) => {
        const { success, data } = jobWire.safeParse(value);
        if (!success) return;
        const run = toRun(data, null);
        expect(runStatuses).toContain(run.status);
        expect(Object.values(run)).not.toContain(undefined);
      }),
    );
  });
});

describe('a line of a log', () => {
  test('has its time, level and text, or null for them', () => {
    const TimeStamp = '2026-11-21T05:06:07.0891234Z';
    expect(toLogLine(logWire.parse({ TimeStamp, Level: 'Warn', Message: 'Büro' }))).toEqual({
      at: '2026-11-21T05:06:07.089Z',
      level: 'Warn',
      message: 'Büro',
    });
    expect(toLogLine(logWire.parse({ Level: 2 }))).toEqual({ at: null, level: '2', message: '' });
    expect(toLogLine(logWire.parse({})).level).toBeNull();
  });
});
