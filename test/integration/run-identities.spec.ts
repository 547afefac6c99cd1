import { beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type { CancelOptions, RunRecord, WholeRun } from '../../src/domain/run.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerState } from '../../src/ledger/record.ts';
import { instantOf } from '../../src/runs/kept-run.ts';
import { runLedger } from '../../src/runs/run-ledger.ts';
import { eventually } from '../support/eventually.ts';
import { silent } from '../support/ledger.ts';
import { begin, Killed, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();
const mark = 'r-00000000-0000-7000-8000-000000000001';
const ours = `erp:${mark}`;

/** Ids of the runs that a list shows. */
async function listed(): Promise<string[]> {
  const everything = { from: 0, until: Number.MAX_SAFE_INTEGER };
  const places = await stage.store.index.between('erp', everything, 0, 20);
  return places.map(({ id }) => id).sort();
}

function walk(...runs: RunRecord[]): Promise<void> {
  return stage.intake.takeListed(stage.connection, runs);
}

describe('a run that came of another one, and took its mark along', () => {
  let original: WholeRun;
  let fork: RunRecord;

  beforeEach(async () => {
    original = { ...youngRun('succeeded'), mark };
    fork = { ...youngRun('running'), nativeId: '2', mark };
    stage.shown = original;
    await stage.put({ mark, outcome: 'applied', correlationId: 'r-origin' }, ours);
    await stage.store.index.name('erp', '1', ours);
    await stage.store.index.name('erp', mark, ours);
  });

  it('is a run of its own, beside its original as that was', async () => {
    const before = await stage.store.records.read(ours);
    await walk(fork, original);
    await walk(original, fork);
    await walk(fork);
    expect(await stage.store.records.read(ours)).toEqual(before);
    expect(await stage.doc('erp:2')).toMatchObject({
      ...{ nativeId: '2', status: 'running', mark: null, correlationId: 'r-origin' },
    });
    expect(await listed()).toEqual(['erp:2', ours]);
  });

  it('is read by its own id', async () => {
    expect(await stage.intake.take(stage.connection, fork)).toBe('erp:2');
    expect(await stage.intake.take(stage.connection, original)).toBe(ours);
    expect(await stage.doc(ours)).toMatchObject({ nativeId: '1', final: true });
  });

  it('is not taken for the original where the word of that is lost, or its record', async () => {
    await stage.redis.client.del(`${stage.prefix}:runs:{erp}:alias:1`);
    await walk(original, fork);
    expect(await listed()).toEqual(['erp:2', ours]);
    await stage.store.records.remove(ours);
    await walk(fork);
    expect(await stage.doc(ours)).toBeUndefined();
  });
});

describe('a run of others', () => {
  it('is what bears the mark of a start that has made nothing, as a person has said', async () => {
    stage.shown = { ...youngRun('running'), mark };
    const settlement = { outcome: 'not_sent', note: 'Carl saw nothing', at: instantOf(0) } as const;
    const ended = { status: 'failed', final: true, outcome: 'not_sent', settlement } as const;
    await stage.put({ ...ended, nativeId: null, mark }, ours);
    for (const word of ['1', mark]) await stage.store.index.name('erp', word, ours);
    await walk(stage.shown);
    expect(await stage.doc('erp:1')).toMatchObject({ status: 'running', mark: null });
    expect(await stage.doc(ours)).toMatchObject({ nativeId: null, outcome: 'not_sent' });
  });

  it('is listed though the process that met it first ended before it was in the order', async () => {
    const run = { ...youngRun('running'), nativeId: '7' };
    const { index } = stage.store;
    const killed = (): Promise<void> => Promise.reject(new Killed());
    const [add, addMany] = [index.add.bind(index), index.addMany.bind(index)];
    Object.assign(index, { add: killed, addMany: killed });
    await expect(walk(run)).rejects.toThrow(Killed);
    Object.assign(index, { add, addMany });
    expect([(await stage.doc('erp:7'))?.status, await listed()]).toEqual(['running', []]);
    await walk(run);
    expect(await listed()).toEqual(['erp:7']);
  });

  it('is of the flow that its platform has settled on', async () => {
    const undecided = { ...youngRun('queued'), process: 'Sales:crm:main:' };
    const decided = { ...youngRun('running'), process: 'Sales:crm:main:nightly' };
    await walk(undecided);
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:' });
    await walk(decided);
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:nightly' });
    await walk({ ...decided, process: null });
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:nightly' });
  });

  it('goes on as it was when its platform has hidden it for long', async () => {
    await walk(youngRun('running'));
    const lost = { status: 'unknown', final: true, upstreamStatus: 'running' } as const;
    await stage.store.records.change('erp:1', ({ doc }) => ({ doc: { ...doc, ...lost } }));
    await walk(youngRun('running'));
    const doc = await stage.doc();
    expect(doc).toMatchObject({ status: 'running', final: false, attempt: 1 });
    expect(doc?.begunAnewAt).toBeUndefined();
    expect(await stage.nextLook()).not.toBeNull();
  });
});

describe('a start that has made nothing, for all that its platform showed', () => {
  const late = { ...youngRun('running'), mark };

  beforeEach(async () => {
    stage.shown = late;
    const ended = { status: 'failed', final: true, outcome: 'not_sent' } as const;
    await stage.put({ ...ended, nativeId: null, mark }, ours);
    await stage.store.index.name('erp', mark, ours);
  });

  it.each([
    ['a list', () => walk(late)],
    ['a read', () => stage.intake.take(stage.connection, late)],
  ])('is the run that bears its mark after all, as %s shows it', async (_, show) => {
    await show();
    await show();
    expect(await stage.doc(ours)).toMatchObject({
      ...{ nativeId: '1', status: 'running', final: false, outcome: 'applied', error: null },
      ...{ attempt: 1, finishedAt: null },
    });
    expect([await listed(), await stage.doc('erp:1')]).toEqual([[ours], undefined]);
    expect(await stage.store.index.named('erp', ['1'])).toEqual([ours]);
    expect(await stage.nextLook()).not.toBeNull();
  });

  it('is stopped where it was cancelled before it was sent, as it seemed', async () => {
    const told: string[] = [];
    stage.parts.cancel = {
      cancel: ({ nativeId }) => {
        told.push(nativeId);
        return Promise.resolve(true);
      },
    };
    await stage.store.records.change(ours, ({ doc }) => ({ doc: { ...doc, status: 'cancelled' } }));
    await walk(late);
    expect(await stage.doc(ours)).toMatchObject({ status: 'cancelling', outcome: 'applied' });
    await stage.poll();
    await eventually(() => {
      expect(told).toEqual(['1']);
    });
  });

  it.each(['accepted', 'sending'] as const)('is stopped as was asked while %s', async (state) => {
    const told: CancelOptions[] = [];
    stage.parts.cancel = {
      cancel: (_ref, options) => {
        told.push(options);
        return Promise.resolve(true);
      },
    };
    const stands = (stood: LedgerState): Promise<unknown> =>
      stage.store.records.change(ours, ({ doc, ledger }) =>
        ledger === null ? null : { doc, ledger: { ...ledger, state: stood } },
      );
    const open = { status: 'queued', final: false, outcome: null } as const;
    await stage.store.records.change(ours, ({ doc }) => ({ doc: { ...doc, ...open } }));
    await stands(state);
    const options = { force: true, cascade: true };
    await stage.writes.cancel(ours, options);
    if (state === 'sending') {
      // It did not leave, and is not tried again.
      await stands('accepted');
      const files = { openFile: () => Promise.reject(new Killed()), removeFiles: begin };
      const registry = new ConnectionRegistry([stage.connection]);
      await new Ledger(runLedger(stage.store, registry, files, stage.audit), silent).advance(ours);
    }
    expect(await stage.doc(ours)).toMatchObject({ status: 'cancelled', outcome: 'not_sent' });
    await walk(late);
    await stage.poll();
    await eventually(() => {
      expect(told).toEqual([options]);
    });
  });

  it('is one of two that bear it, and the other is listed beside it', async () => {
    await walk(late, { ...late, nativeId: '2' });
    const { nativeId = null } = (await stage.doc(ours)) ?? {};
    const other = nativeId === '1' ? '2' : '1';
    expect(await listed()).toEqual([`erp:${other}`, ours]);
    expect(await stage.doc(`erp:${other}`)).toMatchObject({ nativeId: other, mark: null });
    expect(await stage.store.index.named('erp', [other])).toEqual([null]);
  });

  it('is the run that was listed while it was in doubt', async () => {
    await stage.store.records.remove(ours);
    await walk({ ...late, mark: null });
    expect(await listed()).toEqual(['erp:1']);
    const ended = { status: 'failed', final: true, outcome: 'not_sent' } as const;
    await stage.put({ ...ended, nativeId: null, mark }, ours);
    await walk(late);
    expect([await listed(), await stage.doc('erp:1')]).toEqual([[ours], undefined]);
  });

  it('is read whole where it has ended by then', async () => {
    stage.shown = { ...late, status: 'succeeded', output: { total: 3 } };
    await walk({ ...stage.shown, output: null });
    expect(await stage.doc(ours)).toMatchObject({ final: false, outcome: 'applied' });
    await stage.poll();
    expect(await stage.doc(ours)).toMatchObject({ status: 'succeeded', output: { total: 3 } });
  });
});

describe('a run of ours', () => {
  it('stays one of the process that was started', async () => {
    stage.shown = { ...youngRun('running'), process: 'Sales:crm:main:' };
    await stage.put({ mark, outcome: 'applied' });
    await walk({ ...stage.shown, process: 'Sales:crm:main:nightly' });
    expect(await stage.doc()).toMatchObject({ process: 'Sales:crm:main:' });
  });

  it('is listed once where its start is answered while a walk takes it for one of others', async () => {
    stage.shown = { ...youngRun('running'), nativeId: '21' };
    await stage.put({ nativeId: null, mark, status: 'queued', outcome: null }, ours);
    await stage.store.index.add('erp', { createdAt: Date.now(), id: ours });
    const { records } = stage.store;
    const create = records.create.bind(records);
    records.create = async (record) => {
      await confirm('21');
      return create(record);
    };
    await walk(stage.shown);
    records.create = create;
    expect([await listed(), await stage.doc('erp:21')]).toEqual([[ours], undefined]);
    expect(await stage.intake.take(stage.connection, stage.shown)).toBe(ours);
    expect(await stage.doc(ours)).toMatchObject({ nativeId: '21', status: 'running' });
  });

  it('loses the double that a walk has made, and not forgotten before its process ended', async () => {
    stage.shown = { ...youngRun('running'), nativeId: '21' };
    await walk(stage.shown);
    await stage.put({ nativeId: '21', mark, outcome: 'applied' }, ours);
    await stage.store.index.name('erp', '21', ours);
    expect(await listed()).toEqual(['erp:21']);
    await walk(stage.shown);
    expect([await listed(), await stage.doc('erp:21')]).toEqual([[ours], undefined]);
  });

  /** The answer to its start: it is the run `nativeId`. */
  async function confirm(nativeId: string): Promise<void> {
    const { records } = stage.store;
    const files = { openFile: () => Promise.reject(new Killed()), removeFiles: begin };
    const kind = runLedger(
      stage.store,
      new ConnectionRegistry([stage.connection]),
      files,
      stage.audit,
    );
    const record = await records.read(ours);
    if (record === null) throw new Error('there is no record');
    await kind.beforeConfirmed(record, { nativeId });
    await records.change(ours, (current) => ({
      doc: kind.show(current, { kind: 'confirmed', receipt: { nativeId } }),
    }));
  }
});
