import { beforeEach, describe, expect, it } from '@jest/globals';
import { instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { shows } from '../support/erp.ts';
import { begin, Killed, mostMs, runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

/** Between everything else a poller is faster: it looks at whatever is due before a record is stored. */
function overtaken(endsAfterwards: boolean): void {
  const { records } = stage.store;
  const change = records.change.bind(records);
  let isFirst = true;
  records.change = async (...args) => {
    if (!isFirst) return change(...args);
    isFirst = false;
    await stage.poll();
    const changed = await change(...args);
    if (!endsAfterwards) return changed;
    records.change = () => Promise.reject(new Killed());
    throw new Killed();
  };
}

const acts: Readonly<Record<string, () => Promise<unknown>>> = {
  'is begun anew': () => stage.writes.restart(runId, begin),
  'goes on': () => stage.writes.resume(runId, 'go', {}, begin),
  'was in doubt and is settled': () =>
    stage.writes.resolve(runId, { outcome: 'applied', nativeId: '1', note: 'seen' }),
};

describe.each(Object.keys(acts))('a run that %s', (name) => {
  const act = acts[name] ?? begin;
  const doubt: Partial<KeptRun> = { status: 'unknown', final: true, outcome: 'unknown' };

  beforeEach(async () => {
    if (name === 'goes on') stage.shown = youngRun('suspended');
    await stage.put(name.includes('doubt') ? doubt : { mark: 'm' });
    if (name.includes('doubt')) stage.shown = youngRun('running');
  });

  it('is looked at soon, though a poller was there before it was stored', async () => {
    overtaken(false);
    await act();
    expect((await stage.doc())?.final).toBe(false);
    const next = await stage.nextLook();
    expect(next).not.toBeNull();
    expect(next).toBeLessThanOrEqual(2_000);
  });

  it('has an owner, though its process ends right after it was stored', async () => {
    overtaken(true);
    await expect(act()).rejects.toThrow();
    expect((await stage.doc())?.final).toBe(false);
    const next = await stage.nextLook();
    expect(next).not.toBeNull();
    expect(next).toBeLessThanOrEqual(mostMs);
  });
});

describe('a run that its platform does not show any more', () => {
  const longAgo = 11 * mostMs;

  async function forgotten(changes: Partial<KeptRun>): Promise<KeptRun | undefined> {
    await stage.put(changes);
    await stage.store.polls.missed('erp', [runId], (await stage.store.records.now()) - longAgo);
    stage.parts.runs = { ...stage.connection.part('runs'), getMany: () => shows([], ['1']) };
    await stage.lookNow();
    return stage.doc();
  }

  it('is as it had ended where it was asked to begin anew', async () => {
    const at = instantOf(Date.now() - longAgo);
    const askedAnew = { at, from: 'succeeded', until: at } as const;
    const doc = await forgotten({
      ...{ mark: 'm', outcome: 'applied', status: 'unknown', final: false, askedAnew },
    });
    expect(doc).toMatchObject({ status: 'succeeded', final: true });
    expect(doc?.askedAnew).toBeUndefined();
  });

  it('is not to be stopped any more', async () => {
    const pendingCancel = { force: false, cascade: false, from: 'running' } as const;
    const doc = await forgotten({
      ...{ mark: 'm', outcome: 'applied', status: 'cancelling', final: false },
      ...{ isCancelling: true, pendingCancel },
    });
    expect(doc).toMatchObject({ status: 'unknown', final: true });
    expect(doc).toMatchObject({ isCancelling: false, pendingCancel: null });
  });
});

describe('a run that others have started', () => {
  it('has an owner from the moment on in which it is stored', async () => {
    stage.shown = youngRun('running');
    const { records } = stage.store;
    const create = records.create.bind(records);
    records.create = async (...args) => {
      await create(...args);
      throw new Killed();
    };
    await expect(stage.intake.take(stage.connection, stage.shown)).rejects.toThrow(Killed);
    expect(await records.read(runId)).not.toBeNull();
    expect(await stage.nextLook()).toBeLessThanOrEqual(mostMs);
  });

  it('has one again when they have let it begin anew', async () => {
    await stage.intake.take(stage.connection, stage.shown);
    expect(await stage.nextLook()).toBeNull();
    stage.shown = youngRun('running');
    const { records } = stage.store;
    const change = records.change.bind(records);
    records.change = async (...args) => {
      await change(...args);
      throw new Killed();
    };
    await expect(stage.intake.take(stage.connection, stage.shown)).rejects.toThrow(Killed);
    expect((await records.read(runId))?.doc).toMatchObject({ final: false, attempt: 2 });
    const next = await stage.nextLook();
    expect(next).not.toBeNull();
    expect(next).toBeLessThanOrEqual(mostMs);
  });
});

describe('a run that has ended', () => {
  it('is kept for thirty days though nobody ever changes it', async () => {
    await stage.intake.take(stage.connection, stage.shown);
    const { client } = stage.redis;
    const [key = ''] = await client.keys(`${stage.prefix}:run:*{${runId}}`);
    expect((await client.pttl(key)) / 86_400_000).toBeCloseTo(30, 1);
  });
});
