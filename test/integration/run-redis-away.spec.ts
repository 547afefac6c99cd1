import { describe, expect, it } from '@jest/globals';
import { UpstreamRejectedError } from '../../src/domain/errors.ts';
import { begin, runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

describe('a platform that was told while Redis goes away', () => {
  const gone = new Error('Connection is closed.');

  /** Redis is gone from the moment on at which the platform is told. */
  function goes(): boolean {
    stage.store.records.change = () => Promise.reject(gone);
    stage.store.records.now = () => Promise.reject(gone);
    return true;
  }

  it.each([
    ['has been stopped', (): Promise<boolean> => Promise.resolve(goes())],
    [
      'could not be stopped',
      (): Promise<boolean> => {
        goes();
        return Promise.reject(new UpstreamRejectedError('Not this one.'));
      },
    ],
  ])('leaves open what the record says of a run that %s', async (_what, cancel) => {
    stage.shown = youngRun('running');
    await stage.put({ mark: 'm', outcome: 'applied', status: 'running', final: false });
    stage.parts.cancel = { cancel };
    await expect(
      stage.writes.cancel(runId, { force: false, cascade: false }),
    ).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'unknown' },
    });
  });

  it('has let no run begin anew that it does not know', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    stage.parts.restart = { restart: () => Promise.resolve(!goes()) };
    await expect(stage.writes.restart(runId, begin)).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
  });
});
