import { describe, expect, it } from '@jest/globals';
import {
  ConflictError,
  GatewayError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import { instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { begin, mostMs, runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

describe('a run that was told to begin anew, and whose answer is lost', () => {
  const lost = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
  let told: string[];

  /** The platform has taken it, or has not; the answer is lost, or never comes because the process ends. */
  async function lose(begins: boolean): Promise<void> {
    stage.shown = youngRun('succeeded');
    await stage.put({ mark: 'm', outcome: 'applied' });
    stage.parts.restart = {
      restart: () => {
        if (begins) stage.shown = youngRun('running');
        return Promise.reject(lost);
      },
    };
    told = [];
    stage.parts.cancel = {
      cancel: ({ nativeId }) => {
        told.push(nativeId);
        return Promise.resolve(true);
      },
    };
    await expect(stage.writes.restart(runId, begin)).rejects.toBe(lost);
  }

  const look = async (): Promise<KeptRun | undefined> => {
    await stage.lookNow();
    return stage.doc();
  };

  it('is open, looked at soon, and shows its next attempt', async () => {
    await lose(true);
    expect(await stage.doc()).toMatchObject({ status: 'unknown', final: false });
    expect(await stage.nextLook()).toBeLessThanOrEqual(2_000);
    expect(await look()).toMatchObject({ status: 'running', final: false, attempt: 2 });
    expect(await stage.nextLook()).not.toBeNull();
    stage.shown = youngRun('failed');
    expect(await look()).toMatchObject({ status: 'failed', final: true, attempt: 2 });
  });

  it('shows its next attempt though that has ended before anybody looked', async () => {
    await lose(true);
    stage.shown = { ...youngRun('succeeded'), finishedAt: instantOf(Date.now()) };
    expect(await look()).toMatchObject({ status: 'succeeded', final: true, attempt: 2 });
  });

  it('stays as it ended where it has not begun, once that cannot happen any more', async () => {
    await lose(false);
    expect(await look()).toMatchObject({ status: 'unknown', final: false, attempt: 1 });
    expect(await stage.nextLook()).not.toBeNull();
    await stage.store.records.change(runId, ({ doc }) => {
      const { askedAnew } = doc;
      if (askedAnew === undefined) return null;
      return { doc: { ...doc, askedAnew: { ...askedAnew, until: instantOf(Date.now()) } } };
    });
    const doc = await look();
    expect(doc).toMatchObject({ status: 'succeeded', final: true, attempt: 1 });
    expect(doc).not.toHaveProperty('askedAnew');
    expect(await stage.nextLook()).toBeNull();
  });

  /** For how long it is open, in ms. */
  const openFor = async (): Promise<number> => {
    const { askedAnew } = (await stage.doc()) ?? {};
    return Date.parse(askedAnew?.until ?? '') - Date.now();
  };

  it('is open for as long as somebody may still bring what was asked', async () => {
    await lose(false);
    expect(await openFor()).toBeGreaterThan(300_000);
  });

  it('is open as long when it is asked once more, and that comes to nothing', async () => {
    await lose(false);
    const broken = new UpstreamUnavailableError('The connection broke.', { sent: 'maybe' });
    stage.parts.restart = { restart: () => Promise.reject(broken) };
    await expect(stage.writes.restart(runId, begin)).rejects.toBe(broken);
    expect(await openFor()).toBeGreaterThan(300_000);
  });

  it('is open for a little while where nobody holds what broke on its way', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    const broken = new UpstreamUnavailableError('The connection broke.', { sent: 'maybe' });
    stage.parts.restart = { restart: () => Promise.reject(broken) };
    await expect(stage.writes.restart(runId, begin)).rejects.toBe(broken);
    expect(await openFor()).toBeGreaterThan(0);
    expect(await openFor()).toBeLessThanOrEqual(mostMs);
  });

  it('is open as long when another one has asked meanwhile, and was refused', async () => {
    await lose(false);
    const refusal = new ConflictError('Another one has started it.', { outcome: 'not_sent' });
    for (const answer of [Promise.reject(refusal), Promise.resolve(false)]) {
      stage.parts.restart = { restart: () => answer };
      await expect(stage.writes.restart(runId, begin)).rejects.toBeInstanceOf(GatewayError);
      expect(await stage.doc()).toMatchObject({ status: 'unknown', final: false });
      expect(await openFor()).toBeGreaterThan(300_000);
    }
  });

  it('is open as long when another one has asked meanwhile', async () => {
    stage.shown = youngRun('succeeded');
    await stage.put({ mark: 'm', outcome: 'applied' });
    const broken = new UpstreamUnavailableError('The connection broke.', { sent: 'maybe' });
    stage.parts.restart = {
      restart: async () => {
        stage.parts.restart = { restart: () => Promise.reject(broken) };
        await new Promise((resolve) => setTimeout(resolve, 5));
        await expect(stage.writes.restart(runId, begin)).rejects.toBe(broken);
        throw lost;
      },
    };
    await expect(stage.writes.restart(runId, begin)).rejects.toBe(lost);
    expect(await openFor()).toBeGreaterThan(300_000);
  });

  it('is stopped by its platform', async () => {
    await lose(true);
    const { record } = await stage.writes.cancel(runId, { force: false, cascade: false });
    expect(record.doc).toMatchObject({ status: 'cancelling', final: false });
    expect(told).toEqual(['1']);
    expect(await look()).toMatchObject({ status: 'cancelling', attempt: 2 });
  });

  it('is in doubt as before when its platform refuses to stop it, however often', async () => {
    await lose(false);
    const refusal = new ConflictError('Nobody may.', { outcome: 'rejected' });
    stage.parts.cancel = { cancel: () => Promise.reject(refusal) };
    const stop = (): Promise<unknown> =>
      stage.writes.cancel(runId, { force: false, cascade: false });
    await expect(stop()).rejects.toBe(refusal);
    expect(await stage.doc()).toMatchObject({ status: 'unknown', final: false });
    stage.parts.cancel = { cancel: () => Promise.resolve(true) };
    await stop();
    stage.parts.cancel = { cancel: () => Promise.reject(refusal) };
    await expect(stop()).rejects.toBe(refusal);
    expect(await stage.doc()).toMatchObject({ status: 'unknown', final: false, attempt: 1 });
  });

  it('has an owner, though its process ends while it waits', async () => {
    stage.shown = youngRun('succeeded');
    await stage.put({ mark: 'm', outcome: 'applied' });
    const hangs = new Promise<boolean>(() => undefined);
    const asked = new Promise<void>((resolve) => {
      stage.parts.restart = {
        restart: () => {
          stage.shown = youngRun('running');
          resolve();
          return hangs;
        },
      };
    });
    void stage.writes.restart(runId, begin);
    await asked;
    expect(await stage.nextLook()).toBeLessThanOrEqual(mostMs);
    expect(await look()).toMatchObject({ status: 'running', final: false, attempt: 2 });
  });

  it('is open for as long as somebody may bring it, though its process ends while it waits', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    const hangs = new Promise<boolean>(() => undefined);
    const asked = new Promise<void>((resolve) => {
      stage.parts.restart = {
        restart: () => {
          resolve();
          return hangs;
        },
      };
    });
    void stage.writes.restart(runId, begin);
    await asked;
    expect(await openFor()).toBeGreaterThan(300_000);
    expect(await look()).toMatchObject({ status: 'unknown', final: false, attempt: 1 });
  });
});

describe('a run whose platform is faster than its answer', () => {
  it('has begun anew once, as it was seen meanwhile', async () => {
    stage.shown = youngRun('succeeded');
    await stage.put({ mark: 'm', outcome: 'applied' });
    stage.parts.restart = {
      restart: async () => {
        stage.shown = youngRun('running');
        await stage.lookNow();
        return true;
      },
    };
    const { record } = await stage.writes.restart(runId, begin);
    expect(record.doc).toMatchObject({ status: 'running', final: false, attempt: 2 });
  });

  it('has begun anew once, and is stopped, as somebody has asked for meanwhile', async () => {
    stage.shown = youngRun('succeeded');
    await stage.put({ mark: 'm', outcome: 'applied' });
    stage.parts.cancel = { cancel: () => Promise.resolve(true) };
    stage.parts.restart = {
      restart: async () => {
        await stage.writes.cancel(runId, { force: true, cascade: false });
        return true;
      },
    };
    const { record } = await stage.writes.restart(runId, begin);
    expect(record.doc).toMatchObject({ status: 'cancelling', final: false, attempt: 2 });
    stage.shown = youngRun('running');
    await stage.lookNow();
    expect(await stage.doc()).toMatchObject({ status: 'cancelling', attempt: 2 });
  });
});
