import type { RunRecord, WholeRun } from '../domain/run.ts';

/** A run as the ERP shows it; `upstreamStatus` is its status unless said. */
export function erpRun(shown: Partial<WholeRun> & Pick<RunRecord, 'createdAt'>): WholeRun {
  const { status = 'running' } = shown;
  return {
    nativeId: '1',
    process: 'invoices',
    status,
    upstreamStatus: status,
    initiator: null,
    startedAt: null,
    finishedAt: null,
    updatedAt: null,
    input: null,
    output: null,
    isOutputLong: false,
    error: null,
    labels: [],
    mark: null,
    form: null,
    native: {},
    whole: {},
    ...shown,
  };
}
