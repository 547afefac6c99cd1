import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keysByName } from './odsl.process-keys.ts';
import { toRun, wholeNative } from './odsl.run-mapper.ts';
import { type ExecutionWire, executionWire, processListWire } from './odsl.wire.ts';

const execution: ExecutionWire = {
  _id: '0b9f7b9e-8a2c-4a3f-9a0e-1c2d3e4f5a6b',
  service: 'ETL',
  name: 'ECB_FX',
  environment: 'production',
  trigger: 'manual',
  reason: 'gateway-1',
  start: '2026-11-21T05:06:07.0891234Z',
  end: '2026-11-21T05:07:07Z',
  runAs: 'ops@example.com',
  status: 'success',
  message: 'Completed',
};

describe('an execution of OpenDataDSL as a run', () => {
  test('has every member', () => {
    expect(toRun(execution, 'ECB_FX')).toEqual({
      nativeId: execution._id,
      process: 'ECB_FX',
      status: 'succeeded',
      upstreamStatus: 'success',
      initiator: 'manual',
      createdAt: '2026-11-21T05:06:07.089Z',
      startedAt: '2026-11-21T05:06:07.089Z',
      finishedAt: '2026-11-21T05:07:07.000Z',
      updatedAt: '2026-11-21T05:07:07.000Z',
      input: null,
      output: null,
      isOutputLong: false,
      error: null,
      labels: [],
      mark: 'gateway-1',
      form: null,
      native: execution,
    });
  });

  test.each([
    ['triggered', 'queued'],
    ['start', 'running'],
    ['running', 'running'],
    ['waiting', 'running'],
    ['retrying', 'running'],
    ['reschedule', 'running'],
    ['success', 'succeeded'],
    ['WARNING', 'succeeded'],
    ['failed', 'failed'],
    ['fatal', 'failed'],
    ['paused', 'unknown'],
    ['constructor', 'unknown'],
    ['', 'unknown'],
    [null, 'unknown'],
  ] as const)('that is %s is %s', (status, expected) => {
    const run = toRun({ ...execution, status }, null);
    expect(run.status).toBe(expected);
    expect(run.upstreamStatus).toBe(status ?? '');
  });

  test('that waits for its turn has not begun, and one that runs has not ended', () => {
    const open = { ...execution, end: null };
    expect(toRun({ ...open, status: 'triggered' }, null)).toMatchObject({
      createdAt: '2026-11-21T05:06:07.089Z',
      startedAt: null,
      finishedAt: null,
      updatedAt: null,
    });
    expect(toRun({ ...execution, status: 'retrying' }, null).finishedAt).toBeNull();
  });

  test('that failed says why: in its own words, else in those of the phase that failed', () => {
    const phases = [
      { name: 'extract', status: 'success', message: '12 rows' },
      { name: 'load', status: 'failed', message: 'The target refused the batch' },
    ];
    const failed = { ...execution, status: 'failed', phases };
    const messageOf = (wire: ExecutionWire): string | undefined => toRun(wire, null).error?.message;
    expect(messageOf({ ...failed, message: 'The loader failed' })).toBe('The loader failed');
    expect(messageOf({ ...failed, message: '', loaderMessage: 'No rows' })).toBe('No rows');
    expect(messageOf({ ...failed, message: null })).toBe('load: The target refused the batch');
    expect(toRun({ ...failed, message: '', phases: null }, null).error).toBeNull();
    expect(toRun({ ...failed, status: 'warning' }, null).error).toBeNull();
  });

  test('shows what it loaded as output when that is little, says so when it is not, and never in native', () => {
    const small = { name: 'ECB', series: 12 };
    const large = { series: Array.from({ length: 5_000 }, (_, index) => `series-${index}`) };
    expect(toRun({ ...execution, data: small }, null).output).toEqual(small);
    for (const data of [small, large, ['a'], 'text', null, {}]) {
      const run = toRun({ ...execution, data }, null);
      expect(run).toMatchObject({
        output: data === small ? small : null,
        isOutputLong: data === large,
      });
      for (const native of [run.native, wholeNative({ ...execution, data })])
        expect(native).not.toHaveProperty('data');
    }
  });

  test('leaves log lines and members that nobody knows out of native', () => {
    const phases = [{ name: 'load', status: 'running', log: ['password=hunter2'] }];
    const wire = { ...execution, phases, properties: { key: 'hunter2' } };
    const whole = wholeNative(wire);
    expect(whole['phases']).toEqual([{ name: 'load', status: 'running' }]);
    expect(JSON.stringify([toRun(wire, null), whole])).not.toContain('hunter2');
  });

  test('without a reason bears no mark', () => {
    for (const reason of ['', '  ', null])
      expect(toRun({ ...execution, reason }, null).mark).toBeNull();
  });

  test('is read from any JSON without a crash, or refused', () => {
    const status = fc.oneof(fc.string(), fc.constant(null));
    const odd = fc.record(
      {
        _id: fc.string({ minLength: 1 }),
        status,
        start: status,
        end: status,
        reason: status,
        phases: fc.oneof(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), fc.jsonValue()),
        data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(odd, fc.jsonValue()), (value) => {
        const { data } = executionWire.safeParse(value);
        if (data !== undefined) expect(() => toRun(data, null)).not.toThrow();
      }),
    );
  });
});

describe('the name in an execution', () => {
  test('is a key, or what exactly one process is called', () => {
    const keys = keysByName(
      processListWire.parse([
        { _id: 'ECB_FX', name: 'Rates' },
        { _id: 'ECB_FX_2', name: 'Rates' },
        { _id: 'A/B', name: 'Parcels' },
        { _id: 'Parcels', name: null },
        { _id: 'LAST', name: 'The last' },
      ]),
    );
    expect(Object.fromEntries(keys)).toEqual({
      ECB_FX: 'ECB_FX',
      ECB_FX_2: 'ECB_FX_2',
      'A/B': 'A%2FB',
      Parcels: 'Parcels',
      LAST: 'LAST',
      'The last': 'LAST',
    });
  });
});
