import { describe, expect, it } from '@jest/globals';
import { erpRun } from '../erp-run.testing.ts';
import { foreign, type KeptRun } from '../kept-run.ts';
import { begunAnew } from './anew.ts';
import { resumed } from './run-plans.ts';

const at = '2026-11-21T05:06:07.089Z';
const later = '2026-11-21T06:06:07.089Z';
const connection = { id: 'erp', platform: { name: 'erp' } };

const kept = (status: KeptRun['status'], upstreamStatus: string): KeptRun =>
  foreign(connection, erpRun({ status, upstreamStatus, createdAt: at, startedAt: at }), 1_000);

describe('what its platform called a run before', () => {
  it('is not said of one that has begun anew', () => {
    const ended = { ...kept('cancelled', 'CANCELLED'), truncated: ['input', 'output'] } as const;
    expect(begunAnew(ended, later)).toMatchObject({
      status: 'queued',
      upstreamStatus: null,
      output: null,
      truncated: ['input'],
    });
  });

  it('is not said of one that goes on', () => {
    const waiting = kept('suspended', 'SUSPENDED');
    expect(resumed(waiting, Date.parse(later))).toMatchObject({
      status: 'running',
      upstreamStatus: null,
    });
  });
});
