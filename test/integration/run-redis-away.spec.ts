import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { UpstreamRejectedError, UpstreamTimeoutError } from '../../src/domain/errors.ts';
import { RunPoller } from '../../src/runs/polls/run-poller.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { eventually } from '../support/eventually.ts';
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

describe('a restart that somebody may still hold when Redis goes away', () => {
  const gone = new Error('Connection is closed.');
  const held = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });

  /** The platform is told, and does not answer; `back` brings Redis back. */
  async function hold(): Promise<{ readonly back: () => void }> {
    await stage.put({ mark: 'm', outcome: 'applied' });
    const { records, polls } = stage.store;
    const parts = [records, polls];
    stage.parts.restart = {
      restart: () => {
        const fail = (): Promise<never> => Promise.reject(gone);
        Object.assign(records, { change: fail, now: fail });
        Object.assign(polls, { plan: fail });
        return Promise.reject(held);
      },
    };
    await expect(stage.writes.restart(runId, begin)).rejects.toBe(held);
    const back = (): void => {
      for (const part of parts)
        for (const name of ['change', 'now', 'plan']) Reflect.deleteProperty(part, name);
    };
    return { back };
  }

  /** It is open for as long as that may be brought, and looked at soon. */
  async function expectOpen(): Promise<void> {
    await eventually(async () => {
      const { askedAnew, ...doc } = (await stage.doc()) ?? {};
      expect(doc).toMatchObject({ status: 'unknown', final: false, attempt: 1 });
      expect(Date.parse(askedAnew?.until ?? '') - Date.now()).toBeGreaterThan(300_000);
      expect(askedAnew?.from).toBe('succeeded');
      expect(await stage.nextLook()).toBeLessThanOrEqual(1_000);
    }, 5_000);
  }

  it('is remembered when it is back', async () => {
    const { back } = await hold();
    back();
    await expectOpen();
  });

  it('is open for others meanwhile, though whoever was told to wait never stores anything again', async () => {
    await hold();
    const others = new RunStore(stage.redis.client, stage.prefix);
    const look = async (): Promise<void> => {
      await others.polls.plan('erp', runId, await others.records.now());
      await new RunPoller(others, pino({ level: 'silent' })).poll(stage.connection);
    };
    await look();
    const { askedAnew } = (await stage.doc()) ?? {};
    expect(Date.parse(askedAnew?.until ?? '') - Date.now()).toBeGreaterThan(300_000);
    stage.shown = youngRun('running');
    await look();
    expect(await stage.doc()).toMatchObject({ status: 'running', final: false, attempt: 2 });
  });
});
