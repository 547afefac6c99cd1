import { describe, expect, it } from '@jest/globals';
import { UpstreamRejectedError } from '../../src/domain/errors.ts';
import { eventually } from '../support/eventually.ts';
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

  it('is awaited by no caller, and written down when it comes', async () => {
    stage.shown = youngRun('running');
    await stage.put({ mark: 'm', status: 'running', final: false, outcome: 'applied' });
    let refuse = (): void => undefined;
    const refused = new Promise<never>((_resolve, reject) => {
      refuse = () => {
        reject(new UpstreamRejectedError('It cannot be stopped.', { sent: 'maybe' }));
      };
    });
    stage.parts.cancel = { cancel: () => refused };
    const { record } = await stage.writes.cancel(runId, { force: false, cascade: false });
    expect(record.doc).toMatchObject({ status: 'cancelling', isCancelling: true });
    refuse();
    await eventually(async () => {
      const doc = await stage.doc();
      expect(doc).toMatchObject({ status: 'running', isCancelling: false, pendingCancel: null });
    });
  });
});

describe('a defect of what tells a platform to stop a run', () => {
  it('is thrown, and not taken for a platform that is away', async () => {
    stage.shown = youngRun('running');
    await stage.put({ mark: 'm', status: 'running', final: false, outcome: 'applied' });
    const defect = new TypeError('no such member');
    stage.parts.cancel = { cancel: () => Promise.reject(defect) };
    await expect(stage.writes.cancel(runId, { force: false, cascade: false })).rejects.toBe(defect);
  });
});
