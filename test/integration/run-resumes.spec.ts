import { describe, expect, it } from '@jest/globals';
import { UpstreamTimeoutError } from '../../src/domain/errors.ts';
import { begin, mostMs, runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

describe('a run that was told to go on, and whose answer is lost', () => {
  it('is looked at soon', async () => {
    stage.shown = youngRun('suspended');
    await stage.put({ mark: 'm', outcome: 'applied' });
    await stage.store.polls.plan('erp', runId, (await stage.store.records.now()) + mostMs);
    const lost = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
    stage.parts.resume = { resume: () => Promise.reject(lost) };
    await expect(stage.writes.resume(runId, 'go', {}, begin)).rejects.toBe(lost);
    expect(await stage.nextLook()).toBeLessThanOrEqual(2_000);
  });

  it('is looked at often from then on, as it may go on late', async () => {
    stage.shown = youngRun('suspended');
    await stage.put({ mark: 'm', outcome: 'applied', status: 'suspended', final: false });
    const lost = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
    stage.parts.resume = { resume: () => Promise.reject(lost) };
    await expect(stage.writes.resume(runId, 'go', {}, begin)).rejects.toBe(lost);
    await stage.lookNow();
    expect(await stage.nextLook()).toBeLessThanOrEqual(5_000);
  });
});

describe('a run whose platform is faster than its answer', () => {
  it('has gone on and ended, and stays so', async () => {
    stage.shown = youngRun('suspended');
    await stage.put({ mark: 'm', outcome: 'applied', status: 'suspended', final: false });
    stage.parts.resume = {
      resume: async () => {
        stage.shown = youngRun('succeeded');
        await stage.lookNow();
        return true;
      },
    };
    const { record } = await stage.writes.resume(runId, 'go', {}, begin);
    expect(record.doc).toMatchObject({ status: 'succeeded', final: true });
  });
});
