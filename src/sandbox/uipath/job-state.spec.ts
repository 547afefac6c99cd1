import { describe, expect, test } from '@jest/globals';
import { progressOf, startedJob } from './job-state.ts';
import type { StoredJob, StoredRelease } from './state.ts';

const release: StoredRelease = {
  id: 1,
  key: 'k',
  folderId: 101,
  createdAt: '2026-01-01T00:00:00.000Z',
  name: 'Smoke test',
  description: null,
  processKey: 'SmokeTest',
  versions: [{ id: 2, version: '1.0.0', at: '2026-01-01T00:00:00.000Z' }],
  kept: {},
  modifiedAt: null,
};

function job(input: object = {}, more: Partial<StoredJob> = {}): StoredJob {
  const inputArguments = JSON.stringify({ in_DurationMs: 10_000, ...input });
  return startedJob(release, { id: 3, key: 'j', createdMs: 0, inputArguments, ...more });
}

/** The states that a job is seen in, every 50 ms of its first 20 s, each once. */
function course(of: StoredJob): string {
  const states = Array.from({ length: 400 }, (_, at) => progressOf(of, at * 50).state);
  return states.filter((state, at) => state !== states[at - 1]).join(' ');
}

describe('the course of a job', () => {
  test.each([
    ['runs and ends well', job(), 'Pending Running Successful'],
    ['faults when it is told to', job({ in_Fail: true }), 'Pending Running Faulted'],
    [
      'stops softly',
      job({}, { stop: { atMs: 3_000, strategy: 'SoftStop' } }),
      'Pending Running Stopping Stopped',
    ],
    [
      'is killed',
      job({}, { stop: { atMs: 3_000, strategy: 'Kill' } }),
      'Pending Running Terminating Stopped',
    ],
    [
      'may not hear a soft stop',
      job({ in_IgnoreStop: true }, { stop: { atMs: 3_000, strategy: 'SoftStop' } }),
      'Pending Running Stopping Successful',
    ],
    [
      'never starts when it is stopped before',
      job({}, { stop: { atMs: 100, strategy: 'SoftStop' } }),
      'Pending Stopped',
    ],
    [
      'waits until somebody resumes it',
      job({ in_SuspendAfterMs: 1_000 }),
      'Pending Running Suspended',
    ],
    [
      'goes on when it is resumed',
      job({ in_SuspendAfterMs: 1_000 }, { resumedMs: 5_000 }),
      'Pending Running Suspended Resumed Running Successful',
    ],
    [
      'can be stopped while it waits',
      job({ in_SuspendAfterMs: 1_000 }, { stop: { atMs: 5_000, strategy: 'Kill' } }),
      'Pending Running Suspended Stopped',
    ],
    [
      'has ended when a stop comes too late',
      job({ in_DurationMs: 500 }, { stop: { atMs: 5_000, strategy: 'Kill' } }),
      'Pending Running Successful',
    ],
  ])('%s', (_name, of, expected) => {
    expect(course(of)).toBe(expected);
  });

  test('of the smoke test ends within five seconds', () => {
    const smoke = startedJob(release, { id: 3, key: 'j', createdMs: 0 });
    expect(progressOf(smoke, 5_000).state).toBe('Successful');
  });
});
