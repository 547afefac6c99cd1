import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
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

it('many cancels at once tell the platform once, and a look that is planned is put off by none', async () => {
  stage.shown = youngRun('running');
  await stage.put({ mark: 'm', outcome: 'applied', status: 'running', final: false });
  let told = 0;
  stage.parts.cancel = {
    cancel: async () => {
      told += 1;
      await sleep(100);
      return true;
    },
  };
  const gentle = { force: false, cascade: false };
  const all = Array.from({ length: 20 }, () => stage.writes.cancel(runId, gentle));
  for (const { record } of await Promise.all(all)) expect(record.doc.status).toBe('cancelling');
  expect(told).toBe(1);
  const due = await stage.store.polls.next('erp');
  await stage.writes.cancel(runId, gentle);
  expect(await stage.store.polls.next('erp')).toBe(due);
});

it('a cancel that was told to an attempt before is told to the one that has begun since', async () => {
  stage.shown = youngRun('running');
  const [earlier, later] = ['2026-01-05T10:00:00.000Z', '2026-01-05T10:00:01.000Z'] as const;
  const told: number[] = [];
  stage.parts.cancel = {
    cancel: () => {
      told.push(1);
      return Promise.resolve(true);
    },
  };
  const gentle = { force: false, cascade: false };
  const stopping = { status: 'cancelling', isCancelling: true, final: false } as const;
  const toldToStop = { ...gentle, at: earlier, times: 1 };
  await stage.put({ mark: 'm', outcome: 'applied', ...stopping, begunAnewAt: later, toldToStop });
  await stage.lookNow();
  await eventually(() => {
    expect(told).toEqual([1]);
  });
});

it('a cancel that stands though Redis did not say so is not told as if nothing was done', async () => {
  stage.shown = youngRun('running');
  await stage.put({ mark: 'm', outcome: 'applied', status: 'running', final: false });
  stage.parts.cancel = { cancel: () => Promise.resolve(true) };
  stage.store.polls.hurry = () => Promise.reject(new Error('Connection is closed.'));
  await expect(stage.writes.cancel(runId, { force: false, cascade: false })).rejects.toMatchObject({
    code: 'store_unavailable',
    details: { outcome: 'unknown' },
  });
  expect(await stage.doc()).toMatchObject({ isCancelling: true });
});
