import { describe, expect, it } from '@jest/globals';
import { ConflictError, UpstreamTimeoutError } from '../../src/domain/errors.ts';
import { eventually } from '../support/eventually.ts';
import { begin, runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

describe('a run that had ended', () => {
  it('stays so for who wants it stopped while its platform cannot be asked', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    stage.parts.cancel = { cancel: () => Promise.resolve(true) };
    stage.parts.runs = {
      ...stage.connection.part('runs'),
      get: () => Promise.reject(new UpstreamTimeoutError('It hangs.', { sent: 'maybe' })),
    };
    const { record } = await stage.writes.cancel(runId, { force: false, cascade: false });
    expect(record.doc).toMatchObject({ status: 'succeeded', final: true });
  });

  it('stands as before when it is refused to begin anew', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    const before = await stage.doc();
    const refusal = new ConflictError('Another one has started it.', { outcome: 'not_sent' });
    const forgotten = { code: 'not_found', details: { outcome: 'rejected' } };
    for (const [answer, error] of [
      [Promise.reject(refusal), { code: 'conflict' }],
      [Promise.resolve(false), forgotten],
    ] as const) {
      stage.parts.restart = { restart: () => answer };
      await expect(stage.writes.restart(runId, begin)).rejects.toMatchObject(error);
      const doc = await stage.doc();
      expect({ ...doc, updatedAt: '' }).toEqual({ ...before, updatedAt: '' });
    }
  });

  it.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ] as const)(
    'stands as before once both are refused who let it begin anew at once, the first one %s',
    async (_when, order) => {
      await stage.put({ mark: 'm', outcome: 'applied' });
      const before = await stage.doc();
      const refusal = new ConflictError('It must not.', { outcome: 'not_sent' });
      const refuse: (() => void)[] = [];
      const refused = (): Promise<never> =>
        new Promise((_, reject) =>
          refuse.push(() => {
            reject(refusal);
          }),
        );
      stage.parts.restart = { restart: refused };
      const answers: Promise<void>[] = [];
      for (const asked of [1, 2]) {
        answers.push(expect(stage.writes.restart(runId, begin)).rejects.toBe(refusal));
        await eventually(() => {
          expect(refuse).toHaveLength(asked);
        });
      }
      for (const place of order) {
        expect(await stage.doc()).toMatchObject({ status: 'unknown', final: false });
        refuse[place]?.();
        await answers[place];
      }
      expect({ ...(await stage.doc()), updatedAt: '' }).toEqual({ ...before, updatedAt: '' });
    },
  );

  it('stands as before when Redis cannot say that it keeps what is asked for', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    const before = await stage.doc();
    let asked = 0;
    stage.parts.restart = { restart: () => Promise.resolve((asked += 1) > 0) };
    stage.demandReplica();
    await expect(stage.writes.restart(runId, begin)).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
    expect(asked).toBe(0);
    expect({ ...(await stage.doc()), updatedAt: '' }).toEqual({ ...before, updatedAt: '' });
  });

  it('is stopped where others have let it begin anew', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    let stops = 0;
    stage.parts.cancel = { cancel: () => Promise.resolve((stops += 1) > 0) };
    const options = { force: false, cascade: false };
    expect((await stage.writes.cancel(runId, options)).record.doc).toMatchObject({ final: true });
    expect(stops).toBe(0);
    stage.shown = youngRun('running');
    expect((await stage.writes.cancel(runId, options)).record.doc).toMatchObject({
      status: 'cancelling',
    });
    expect(stops).toBe(1);
  });
});
