import { describe, expect, it } from '@jest/globals';
import type { Run } from '../../domain/run.ts';
import { erpRun } from '../erp-run.testing.ts';
import { foreign } from '../kept-run.ts';
import { toRun } from '../run.presenter.ts';
import { lookAgainIn, startAnswerOf } from './send-run.ts';

const now = Date.parse('2026-11-21T05:00:00.000Z');

describe('when a start is looked at again', () => {
  it.each([
    [null, 2],
    ['2026-11-21T04:00:00.000Z', 2],
    ['2026-11-21T05:00:20.500Z', 21],
    ['2027-01-01T00:00:00.000Z', 60],
  ])('that is scheduled at %s: in %i s', (scheduledAt, seconds) => {
    expect(lookAgainIn({ scheduledAt }, now)).toBe(seconds);
  });
});

describe('a start is answered', () => {
  const made = '2026-11-21T05:00:00.000Z';
  const erp = { id: 'erp', capabilities: ['runs', 'starts'] } as const;
  const doc = foreign(
    { id: 'erp', platform: { name: 'erp' } },
    erpRun({ createdAt: made }),
    Date.parse(made),
  );
  const base = toRun(erp, { id: 'erp:1', revision: 1, doc }, false);

  it.each<[string, number, Partial<Run>]>([
    ['while it goes on', 202, { status: 'running', final: false, outcome: 'applied' }],
    ['once it has ended', 200, { status: 'succeeded', final: true, outcome: 'applied' }],
    ['once it has failed', 200, { status: 'failed', final: true, outcome: 'applied' }],
    ['where nobody knows of it', 202, { status: 'unknown', final: true, outcome: 'unknown' }],
    ['where it was refused', 422, { status: 'failed', final: true, outcome: 'rejected' }],
  ])('%s with %i, which a replay repeats where it was no problem', (_when, status, as) => {
    const run = { ...base, ...as };
    expect(startAnswerOf(run, null).status).toBe(status);
    expect(startAnswerOf(run, 202).status).toBe(202);
    expect(startAnswerOf(run, status).status).toBe(status);
  });
});
