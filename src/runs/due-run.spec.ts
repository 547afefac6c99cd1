import { describe, expect, test } from '@jest/globals';
import { dueRun } from './due-run.ts';
import { foreign, instantOf } from './kept-run.ts';

const hour = 3_600_000;
const now = 10 * hour;
const longAgo = instantOf(now - 5 * hour);

const old = foreign(
  { id: 'erp', platform: { name: 'erp' } },
  {
    nativeId: '1',
    process: 'invoices',
    status: 'suspended',
    upstreamStatus: 'Suspended',
    initiator: null,
    createdAt: longAgo,
    startedAt: longAgo,
    finishedAt: null,
    updatedAt: longAgo,
    input: null,
    output: null,
    isOutputLong: false,
    error: null,
    labels: [],
    mark: null,
    form: null,
    native: {},
  },
  now - 5 * hour,
);

describe('a run that is looked at', () => {
  test('is as old as what was asked of it last', () => {
    expect(dueRun({ doc: old, ledger: null }, now).begunAt).toBe(now - 5 * hour);
    const stopping = { ...old, status: 'cancelling', updatedAt: instantOf(now - 1_000) } as const;
    expect(dueRun({ doc: stopping, ledger: null }, now).begunAt).toBe(now - 1_000);
  });
});
