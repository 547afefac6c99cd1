import { describe, expect, it } from '@jest/globals';
import type { RunRecord } from '../../src/domain/run.ts';
import { RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();
const mark = 'r-00000000-0000-7000-8000-000000000001';

function walk(...runs: RunRecord[]): Promise<void> {
  return stage.intake.takeListed(stage.connection, runs);
}

describe('a run of others', () => {
  it('is of the flow that its platform has settled on', async () => {
    const undecided = { ...youngRun('queued'), process: 'Sales:crm:main:' };
    const decided = { ...youngRun('running'), process: 'Sales:crm:main:nightly' };
    await walk(undecided);
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:' });
    await walk(decided);
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:nightly' });
    await walk({ ...decided, process: null });
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:nightly' });
  });

  it('goes on as it was when its platform has hidden it for long', async () => {
    await walk(youngRun('running'));
    const lost = { status: 'unknown', final: true, upstreamStatus: 'running' } as const;
    await stage.store.records.change('erp:1', ({ doc }) => ({ doc: { ...doc, ...lost } }));
    await walk(youngRun('running'));
    const doc = await stage.doc();
    expect(doc).toMatchObject({ status: 'running', final: false, attempt: 1 });
    expect(doc?.begunAnewAt).toBeUndefined();
    expect(await stage.nextLook()).not.toBeNull();
  });
});

describe('a run of ours', () => {
  it('stays one of the process that was started', async () => {
    stage.shown = { ...youngRun('running'), process: 'Sales:crm:main:' };
    await stage.put({ mark, outcome: 'applied' });
    await walk({ ...stage.shown, process: 'Sales:crm:main:nightly' });
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:' });
  });
});
