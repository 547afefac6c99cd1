import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runIdOf, runPlaceOf, toRun, wholeNative } from './frends.run-mapper.ts';
import { instanceDetailsWire, type InstanceWire, instanceWire } from './frends.run-wire.ts';

const executionId = '7d0b2a3c-1f4e-4a6b-9c8d-0e1f2a3b4c5d';
const processGuid = '123e4567-e89b-12d3-a456-426614174000';
const row = {
  id: 90_001,
  parentId: null,
  executionId: executionId.toUpperCase(),
  processGuid: processGuid.toUpperCase(),
  processVersion: 4,
  state: 'Finished',
  startTimeUtc: '2026-11-21T05:06:07.0891234Z',
  endTimeUtc: '2026-11-21T05:06:09',
  agentGroupId: 3,
  exception: null,
  userName: 'SYSTEM',
  triggerName: 'Nightly',
  triggerRequest: { password: 'hunter2' },
  triggerResponses: ['hunter2'],
  promotedData: [{ promotedValueJson: '"hunter2"' }],
  promotedColumns: [{ name: 'key', value: 'hunter2' }],
};
const wire: InstanceWire = instanceWire.parse(row);

describe('an instance of Frends as a run', () => {
  test('has every member, and nothing of what it was given', () => {
    const run = toRun('3', wire);
    expect(run).toEqual({
      nativeId: `3:${executionId}`,
      process: processGuid,
      status: 'succeeded',
      upstreamStatus: 'Finished',
      initiator: 'SYSTEM',
      createdAt: '2026-11-21T05:06:07.089Z',
      startedAt: '2026-11-21T05:06:07.089Z',
      finishedAt: '2026-11-21T05:06:09.000Z',
      updatedAt: '2026-11-21T05:06:09.000Z',
      input: null,
      output: null,
      isOutputLong: false,
      error: null,
      labels: [],
      mark: null,
      form: null,
      native: expect.objectContaining({ id: 90_001, agentGroupId: 3, processVersion: 4 }),
    });
    const details = instanceDetailsWire.parse({ ...row, triggerParameters: { key: 'hunter2' } });
    for (const each of [run, toRun('3', details), wholeNative(details)])
      expect(JSON.stringify(each)).not.toContain('hunter2');
  });

  test.each([
    ['Ok', null, 'succeeded'],
    ['Finished', null, 'succeeded'],
    ['Succeeded', null, 'succeeded'],
    ['success', null, 'succeeded'],
    ['Failed', null, 'failed'],
    ['FinishedWithErrors', null, 'failed'],
    ['Ok', 'System.Exception: no', 'failed'],
    ['Terminated', null, 'unknown'],
    ['NotOk', null, 'unknown'],
    [4, null, 'unknown'],
    ['', null, 'unknown'],
    [null, null, 'unknown'],
  ])('that has ended as %s with the exception %s is %s', (state, exception, expected) => {
    const run = toRun('3', { ...wire, state, exception });
    expect(run.status).toBe(expected);
    expect(run.upstreamStatus).toBe(String(state ?? ''));
    expect(run.error?.message ?? null).toBe(exception);
  });

  test.each([null, undefined, '', '0001-01-01T00:00:00'])('with the end %s runs', (endTimeUtc) => {
    const run = toRun('3', { ...wire, endTimeUtc, exception: 'System.Exception: no' });
    expect(run).toMatchObject({ status: 'running', finishedAt: null, updatedAt: null });
    expect(run.error).toBeNull();
  });

  test('that failed says why in its details as well, and no more than can be read', () => {
    const exceptionMessage = `System.TimeoutException: ${'at x '.repeat(2_000)}`;
    const details = instanceDetailsWire.parse({ ...row, exceptionMessage });
    const { error } = toRun('3', details);
    expect(error?.message).toMatch(/^System\.TimeoutException/);
    expect(error?.message.length).toBeLessThanOrEqual(2_000);
  });

  test('is called by its agent group and its execution', () => {
    const place = { agentGroupId: '3', executionId };
    expect(runPlaceOf(runIdOf(place))).toEqual(place);
    expect(runPlaceOf(`3:${executionId.toUpperCase()}`)).toEqual(place);
    for (const none of [
      executionId,
      `03:${executionId}`,
      `a:${executionId}`,
      '3:7',
      `3:${executionId}:`,
      '',
    ])
      expect(runPlaceOf(none)).toBeNull();
  });

  test('is read from any JSON without a crash, or refused', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constant(executionId));
    const odd = fc.dictionary(fc.constantFrom(...Object.keys(row)), value);
    fc.assert(
      fc.property(fc.oneof(odd, fc.jsonValue()), (body) => {
        for (const shape of [instanceWire, instanceDetailsWire]) {
          const { data } = shape.safeParse(body);
          if (data !== undefined) expect(() => toRun('3', data)).not.toThrow();
        }
      }),
    );
  });
});
