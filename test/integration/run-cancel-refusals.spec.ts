import { describe, expect, it } from '@jest/globals';
import { UpstreamRejectedError } from '../../src/domain/errors.ts';
import { runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

describe('a run that has ended', () => {
  it('stays as it is though its cancellation is refused only then', async () => {
    stage.shown = youngRun('running');
    await stage.put({ mark: 'm', status: 'running', final: false, outcome: 'applied' });
    const refusal = new UpstreamRejectedError('It cannot be stopped.', { sent: 'maybe' });
    stage.parts.cancel = {
      cancel: async () => {
        stage.shown = youngRun('succeeded');
        await stage.intake.take(stage.connection, stage.shown);
        throw refusal;
      },
    };
    await expect(stage.writes.cancel(runId, { force: false, cascade: false })).rejects.toBe(
      refusal,
    );
    const doc = await stage.doc();
    expect(doc).toMatchObject({ status: 'succeeded', final: true });
  });
});

describe('a cancellation that is refused', () => {
  it.each(['queued', 'suspended'] as const)('leaves the run as it stood: %s', async (status) => {
    stage.shown = youngRun(status);
    await stage.put({ mark: 'm', status, final: false, outcome: 'applied' });
    const refusal = new UpstreamRejectedError('It cannot be stopped.', { sent: 'maybe' });
    stage.parts.cancel = { cancel: () => Promise.reject(refusal) };
    await expect(stage.writes.cancel(runId, { force: false, cascade: false })).rejects.toBe(
      refusal,
    );
    const doc = await stage.doc();
    expect(doc).toMatchObject({ status, isCancelling: false, pendingCancel: null });
  });
});
