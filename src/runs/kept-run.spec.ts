import { describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../domain/run.ts';
import { foreign, type KeptRun, seen } from './kept-run.ts';
import { erpRun } from './erp-run.testing.ts';

const connection = { id: 'erp', platform: { name: 'erp' } };
const at = '2026-11-21T05:06:07.089Z';

const whole: RunRecord = erpRun({
  status: 'failed',
  upstreamStatus: 'Failed',
  initiator: 'someone',
  createdAt: at,
  startedAt: at,
  finishedAt: at,
  updatedAt: at,
  output: { total: 7 },
  error: { code: null, message: 'The target did not answer within 30 seconds.' },
  native: { steps: 3 },
});
const kept = foreign(connection, whole, 1_000);
const again = (changes: Partial<RunRecord>): KeptRun => seen(kept, { ...whole, ...changes }, 2_000);

describe('a run that has ended', () => {
  test.each<[string, Partial<RunRecord>]>([
    ['as it was', {}],
    ['with another JSON of its platform', { native: {} }],
    ['without its output and who started it', { output: null, initiator: null }],
    ['with other words for its error', { error: { code: null, message: 'TimeoutException' } }],
    ['without when it ended', { finishedAt: null }],
  ])('and is shown %s is the same', (_name, changes) => {
    expect(again(changes)).toBe(kept);
  });

  test('and whose output is read only later gets it', () => {
    const slim = foreign(connection, { ...whole, output: null }, 1_000);
    expect(seen(slim, whole, 2_000)).toMatchObject({ output: { total: 7 } });
  });

  test('says that its output is cut where its platform has one that is too long', () => {
    const slim = foreign(connection, { ...whole, output: null, isOutputLong: true }, 1_000);
    expect(slim).toMatchObject({ output: null, truncated: ['output'] });
    expect(seen(slim, whole, 2_000)).toMatchObject({ output: { total: 7 }, truncated: [] });
    expect(again({ output: null, isOutputLong: true })).toBe(kept);
  });

  test('and ended anew meanwhile shows its new end', () => {
    const later = '2026-11-21T06:06:07.089Z';
    const changes = { finishedAt: later, output: null, error: null } as const;
    expect(again(changes)).toMatchObject({ ...changes, updatedAt: '1970-01-01T00:00:02.000Z' });
    const succeeded = { status: 'succeeded', upstreamStatus: 'Finished', error: null } as const;
    expect(again(succeeded)).toMatchObject(succeeded);
  });
});

describe('a run that is being stopped', () => {
  const running: RunRecord = { ...whole, status: 'running', upstreamStatus: 'Running' };
  const stopping: KeptRun = { ...foreign(connection, running, 1_000), isCancelling: true };

  test.each(['queued', 'running', 'suspended', 'unknown'] as const)(
    'is cancelling, though its platform shows it as %s',
    (status) => {
      expect(seen(stopping, { ...running, status }, 2_000).status).toBe('cancelling');
    },
  );

  test('is what it has come to once it has ended', () => {
    expect(seen(stopping, whole, 2_000)).toMatchObject({ status: 'failed', isCancelling: false });
  });
});
