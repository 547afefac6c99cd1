import { describe, expect, test } from '@jest/globals';
import { dueRun } from './due-run.ts';
import { foreign, instantOf } from '../kept-run.ts';
import { erpRun } from '../erp-run.testing.ts';

const hour = 3_600_000;
const now = 10 * hour;
const longAgo = instantOf(now - 5 * hour);

const old = foreign(
  { id: 'erp', platform: { name: 'erp' } },
  erpRun({
    status: 'suspended',
    upstreamStatus: 'Suspended',
    createdAt: longAgo,
    startedAt: longAgo,
    updatedAt: longAgo,
  }),
  now - 5 * hour,
);

describe('a run that is looked at', () => {
  test('is as old as what was asked of it last', () => {
    expect(dueRun({ doc: old, ledger: null }, now).begunAt).toBe(now - 5 * hour);
    const stopping = { ...old, status: 'cancelling', updatedAt: instantOf(now - 1_000) } as const;
    expect(dueRun({ doc: stopping, ledger: null }, now).begunAt).toBe(now - 1_000);
  });
});
