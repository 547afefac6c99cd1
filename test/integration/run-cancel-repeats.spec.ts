import { expect, it } from '@jest/globals';
import { RunStage, runId, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

it('a cancel that is repeated tells the platform once, and is one change, unless it wants more', async () => {
  stage.shown = youngRun('running');
  await stage.put({ mark: 'm', outcome: 'applied', status: 'running', final: false });
  const told: boolean[] = [];
  stage.parts.cancel = {
    cancel: (_run, { force }) => {
      told.push(force);
      return Promise.resolve(true);
    },
  };
  const gentle = { force: false, cascade: false };
  const first = await stage.writes.cancel(runId, gentle);
  for (let time = 0; time < 3; time += 1) {
    const again = await stage.writes.cancel(runId, gentle);
    expect(again.record).toMatchObject({
      revision: first.record.revision,
      doc: { status: 'cancelling' },
    });
  }
  expect(told).toEqual([false]);
  await stage.writes.cancel(runId, { ...gentle, force: true });
  await stage.writes.cancel(runId, gentle);
  expect(told).toEqual([false, true]);
});
