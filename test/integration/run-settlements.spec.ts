import { describe, expect, it } from '@jest/globals';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type { StartReceipt } from '../../src/domain/run.ts';
import type { CertainWrite } from '../../src/domain/write.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerKind } from '../../src/ledger/ledger-kind.ts';
import { instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { runLedger } from '../../src/runs/run-ledger.ts';
import { silent } from '../support/ledger.ts';
import { begin, Killed, runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();

/** How starts are sent and shown, by a process that never comes to their files. */
function startKind(): LedgerKind<KeptRun, StartReceipt> {
  const files = { openFile: () => Promise.reject(new Killed()), removeFiles: begin };
  return runLedger(stage.store, new ConnectionRegistry([stage.connection]), files, stage.audit);
}

describe('a start in doubt that is found after all', () => {
  it('has an owner, though a poller was there before that was stored', async () => {
    await stage.put({ status: 'unknown', final: true, outcome: 'unknown' });
    const record = await stage.store.records.read(runId);
    if (record === null) throw new Error('it is not there');
    await startKind().beforeConfirmed(record, { nativeId: null });
    await stage.poll();
    expect(await stage.nextLook()).toBeGreaterThan(20_000);
  });
});

describe('a run in doubt that is settled with a native id', () => {
  const ours = 'erp:r-00000000-0000-7000-8000-000000000001';
  const said = { outcome: 'applied', nativeId: '1', note: 'seen' } as const;

  async function doubted(of: string): Promise<void> {
    const doubt = { status: 'unknown', final: true, outcome: 'unknown', nativeId: null } as const;
    await stage.put({ ...doubt, mark: of }, of);
  }

  it('is the only one that is known by it, though a walk was there before', async () => {
    stage.shown = youngRun('running');
    await stage.intake.take(stage.connection, stage.shown);
    await doubted(ours);
    await stage.writes.resolve(ours, said);
    expect(await stage.store.records.read(runId)).toBeNull();
    const everything = { from: 0, until: Number.MAX_SAFE_INTEGER };
    const places = await stage.store.index.between('erp', everything, 0, 10);
    expect(places.map((place) => place.id)).not.toContain(runId);
    expect(await stage.store.index.named('erp', ['1'])).toEqual([ours]);
  });

  it('was started: the contrary is refused, and changes nothing', async () => {
    await doubted(ours);
    const before = await stage.store.records.read(ours);
    const contradiction = { ...said, outcome: 'not_sent' } as const;
    await expect(stage.writes.resolve(ours, contradiction)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { outcome: 'not_sent', errors: [{ at: 'nativeId' }] },
    });
    expect(await stage.store.records.read(ours)).toEqual(before);
    expect(await stage.store.index.named('erp', ['1'])).toEqual([null]);
  });

  it('was started where its platform has taken it, and cannot be said not to have been', async () => {
    await doubted(ours);
    await stage.store.records.change(ours, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, isTaken: true } },
    );
    const before = await stage.store.records.read(ours);
    const untrue = { outcome: 'not_sent', note: 'not in its list' } as const;
    await expect(stage.writes.resolve(ours, untrue)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has taken'),
      details: { outcome: 'not_sent', errors: [{ at: 'outcome' }] },
    });
    expect(await stage.store.records.read(ours)).toEqual(before);
    await stage.writes.resolve(ours, { outcome: 'applied', note: 'it is in no list' });
    expect(await stage.doc(ours)).toMatchObject({
      outcome: 'applied',
      final: true,
    });
  });

  it('cannot take the run of another start', async () => {
    const other = ours.replace(/1$/, '2');
    await stage.put({ mark: 'other', outcome: 'applied' }, other);
    await stage.store.index.name('erp', '1', other);
    await doubted(ours);
    await expect(stage.writes.resolve(ours, said)).rejects.toMatchObject({ code: 'conflict' });
    expect((await stage.doc(ours))?.outcome).toBe('unknown');
  });

  it.each([
    ['of another process', { process: 'payments' }, 'is of another process'],
    ['that began before', { createdAt: instantOf(Date.now() - 600_000) }, 'began before'],
  ])('cannot take a run %s', async (_, changes, message) => {
    await doubted(ours);
    stage.shown = { ...stage.shown, ...changes };
    const before = await stage.store.records.read(ours);
    await expect(stage.writes.resolve(ours, said)).rejects.toMatchObject({
      code: 'conflict',
      details: {
        outcome: 'not_sent',
        errors: [{ at: 'nativeId', message: expect.stringContaining(message) }],
      },
    });
    expect(await stage.store.records.read(ours)).toEqual(before);
    expect(await stage.store.index.named('erp', ['1'])).toEqual([null]);
  });

  it('is not offered runs that other starts are known to have made', async () => {
    const other = ours.replace(/1$/, '2');
    await stage.put({ mark: 'other', outcome: 'applied' }, other);
    await stage.put({}, 'erp:2');
    await stage.store.index.name('erp', '1', other);
    await stage.store.index.name('erp', '2', 'erp:2');
    await doubted(ours);
    const at = (await stage.store.records.now()) - 120_000;
    const sent = { state: 'sent', sentFrom: at, sentUntil: at } as const;
    await stage.store.records.change(ours, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, ...sent } },
    );
    const candidates = ['1', '2', '3'];
    const undecided = { state: 'undecided', why: 'Three began.', candidates } as const;
    const write = (): CertainWrite<StartReceipt> => ({
      repeatable: false,
      timeoutMs: 1_000,
      showsWithinMs: 1_000,
      uploadMs: () => 0,
      send: () => Promise.reject(new Killed()),
      reconcile: () => Promise.resolve(undecided),
    });
    const ledger = new Ledger({ ...startKind(), write }, silent);
    await ledger.advance(ours);
    const first = await stage.store.records.read(ours);
    expect(first?.doc.evidence).toMatchObject({
      candidates: ['erp:2', 'erp:3'],
      detail: 'Three began. 1 of them came of other starts.',
    });
    // Looked at again, it is told anew only when there is something new to say.
    await ledger.advance(ours);
    expect((await stage.store.records.read(ours))?.revision).toBe(first?.revision);
    const third = ours.replace(/1$/, '3');
    await stage.put({ mark: 'third', nativeId: '2', outcome: 'applied' }, third);
    await stage.store.index.name('erp', '2', third);
    await ledger.advance(ours);
    const { finishedAt, evidence } = (await stage.doc(ours)) ?? {};
    expect(finishedAt).toBe(first?.doc.finishedAt);
    expect(evidence).toMatchObject({
      candidates: ['erp:3'],
      detail: 'Three began. 2 of them came of other starts.',
    });
  });

  it('may be the run that another start was only about to be', async () => {
    const other = ours.replace(/1$/, '2');
    await stage.put({ nativeId: '7', mark: 'other', outcome: 'applied' }, other);
    await stage.store.index.name('erp', '1', other);
    await doubted(ours);
    await stage.writes.resolve(ours, said);
    expect((await stage.doc(ours))?.nativeId).toBe('1');
  });

  it('is not said to be settled before Redis keeps it, however often it is said', async () => {
    await doubted(ours);
    stage.demandReplica();
    for (let time = 0; time < 2; time += 1)
      await expect(stage.writes.resolve(ours, said)).rejects.toMatchObject({
        code: 'store_unavailable',
        details: { outcome: 'unknown' },
      });
  });

  it('is settled though it is said again by another id of its run', async () => {
    await doubted(ours);
    const numbered = { ...said, nativeId: '4711' };
    await stage.writes.resolve(ours, numbered);
    expect((await stage.doc(ours))?.nativeId).toBe('1');
    await stage.writes.resolve(ours, numbered);
    const shown = { ...stage.shown, nativeId: '2' };
    stage.parts.runs = { ...stage.connection.part('runs'), get: () => Promise.resolve(shown) };
    await expect(stage.writes.resolve(ours, { ...said, nativeId: '4712' })).rejects.toMatchObject({
      code: 'conflict',
      details: { outcome: 'applied' },
    });
  });

  it('takes the run with its mark, whatever else that shows', async () => {
    await doubted(ours);
    stage.shown = { ...stage.shown, process: 'payments', mark: ours };
    await stage.writes.resolve(ours, said);
    expect((await stage.doc(ours))?.nativeId).toBe('1');
  });
});
