import { describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangedItem, ChangeReceipt } from '../../src/domain/change.ts';
import { ConflictError, UpstreamUnavailableError } from '../../src/domain/errors.ts';
import { planTokenOf } from '../../src/operations/import-ready.ts';
import { toOperation } from '../../src/operations/operation.presenter.ts';
import { eventually } from '../support/eventually.ts';
import { ImportStage } from '../support/import-stage.ts';
import { lost } from '../support/ledger.ts';
import { invoices } from '../support/told-import.ts';

jest.setTimeout(40_000);

const stage = new ImportStage();
const names = Array.from({ length: 12 }, (_, at) => `import-${at}`);

async function ended(id: string): Promise<ReturnType<typeof toOperation>> {
  return eventually(async () => {
    const record = await stage.record(id);
    expect(record.doc.final).toBe(true);
    return toOperation(record);
  });
}

describe('the imports of a connection', () => {
  it('are done one at a time and in their order, however many workers there are', async () => {
    let atOnce = 0;
    let most = 0;
    stage.part.answers = async (): Promise<ChangeReceipt> => {
      most = Math.max(most, (atOnce += 1));
      await sleep(20);
      atOnce -= 1;
      return { items: [invoices] };
    };
    const ids: string[] = [];
    for (const name of names) ids.push(await stage.accept(name));
    for (let worker = 0; worker < 3; worker += 1) stage.worker();
    for (const id of ids) expect(await ended(id)).toMatchObject({ outcome: 'applied' });
    expect(stage.part.sent).toEqual(names);
    expect(most).toBe(1);
    expect(stage.removed).toEqual(expect.arrayContaining(names.map((name) => `file of ${name}`)));
  });

  it('wait for one whose answer was lost until it is known what came of it', async () => {
    stage.part.answers = (name) =>
      name === 'first' ? Promise.reject(lost()) : Promise.resolve({ items: [invoices] });
    stage.part.shows = { state: 'undecided', why: 'It is not shown.', candidates: [] };
    const first = await stage.accept('first');
    const second = await stage.accept('second');
    stage.worker();
    await eventually(async () => {
      expect(await stage.doc(first)).toMatchObject({ phase: 'verifying', outcome: null });
    });
    expect(stage.part.sent).toEqual(['first']);
    expect(await stage.doc(second)).toMatchObject({ phase: 'queued' });
    expect(await ended(first)).toMatchObject({ outcome: 'unknown', status: 'unknown' });
    expect(await ended(second)).toMatchObject({ outcome: 'applied' });
  });

  it('wait while the platform cannot be looked at, and lose nothing', async () => {
    let isDown = true;
    stage.part.observes = () => {
      if (isDown) throw new UpstreamUnavailableError('It is down.', { sent: 'no' });
      return { evidence: {}, items: [invoices], basis: {} };
    };
    const ids = [await stage.accept('first'), await stage.accept('second')];
    stage.worker();
    await eventually(async () => {
      const [first = ''] = ids;
      expect(toOperation(await stage.record(first))).toMatchObject({
        phase: 'queued',
        waitingFor: 'It is down.',
      });
    });
    expect(stage.part.sent).toEqual([]);
    isDown = false;
    for (const id of ids)
      expect(await ended(id)).toMatchObject({ outcome: 'applied', waitingFor: null });
    expect(stage.part.sent).toEqual(['first', 'second']);
  });

  it('go on in their order in the next worker, once one was closed in the middle', async () => {
    stage.part.answers = () => Promise.reject(lost());
    stage.part.shows = { state: 'undecided', why: 'It is not shown.', candidates: [] };
    const ids: string[] = [];
    for (const name of names.slice(0, 3)) ids.push(await stage.accept(name));
    const closed = stage.worker();
    await eventually(() => {
      expect(stage.part.sent).toEqual(['import-0']);
    });
    await closed.close();
    stage.part.answers = () => Promise.resolve({ items: [invoices] });
    stage.part.shows = { state: 'applied', receipt: { items: [invoices] } };
    stage.worker();
    await eventually(async () => {
      for (const id of ids) expect((await stage.doc(id)).outcome).toBe('applied');
    }, 35_000);
    expect(stage.part.sent).toEqual(names.slice(0, 3));
  });
});

describe('an import', () => {
  it('whose file is gone ends, and holds up nobody', async () => {
    stage.part.opensFiles = true;
    const first = await stage.accept('first');
    expect(await (stage.worker(), ended(first))).toMatchObject({ outcome: 'not_sent' });
    stage.part.opensFiles = false;
    expect(await ended(await stage.accept('second'))).toMatchObject({ outcome: 'applied' });
    expect(stage.part.sent).toEqual(['second']);
  });

  it('that somebody else has settled meanwhile is not waited for any longer', async () => {
    stage.part.answers = () => Promise.reject(lost());
    stage.part.shows = { state: 'undecided', why: 'It is not shown.', candidates: [] };
    const first = await stage.accept('first');
    const second = await stage.accept('second');
    stage.pausesMs = 600_000;
    stage.worker();
    await eventually(() => {
      expect(stage.part.sent).toEqual(['first']);
    });
    stage.part.answers = () => Promise.resolve({ items: [invoices] });
    await stage.settle(first);
    expect(await ended(second)).toMatchObject({ outcome: 'applied' });
  });

  it('is held against the platform right before it is sent, and stores what it found', async () => {
    const seen: unknown[] = [];
    stage.part.observes = () => ({ evidence: { before: 7 }, items: [invoices], basis: {} });
    const id = await stage.accept('one');
    stage.part.answers = async () => {
      seen.push(await stage.store.records.evidence(id), (await stage.record(id)).ledger?.state);
      return { items: [invoices] };
    };
    stage.worker();
    await ended(id);
    expect(seen).toEqual([{ name: 'one', before: 7 }, 'sending']);
  });

  it('of something that stands already ends as a conflict, and is not sent', async () => {
    const conflict: ChangedItem = { ...invoices, effect: 'conflict' };
    const other: ChangedItem = { ...invoices, process: 'orders', effect: 'created' };
    stage.part.observes = () => ({ evidence: {}, items: [conflict, other], basis: {} });
    const id = await stage.accept('one');
    stage.worker();
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      outcome: 'not_sent',
      problem: { code: 'conflict', detail: expect.stringContaining('invoices 2') },
      result: {
        items: [{ effect: 'conflict' }, { effect: 'failed', problem: { code: 'conflict' } }],
      },
    });
    expect(stage.part.sent).toEqual([]);
    expect(stage.removed).toEqual(['file of one']);
  });

  it('that was planned ends as 412 once the platform has moved', async () => {
    const of = { connection: 'erp', onConflict: 'error', digests: ['d'] };
    const seen = { evidence: {}, items: [invoices], basis: { newest: 1 } };
    const plan = { of, token: planTokenOf(of, seen) };
    stage.part.observes = () => seen;
    const held = await stage.accept('held', { plan });
    stage.worker();
    expect(await ended(held)).toMatchObject({ outcome: 'applied' });
    stage.part.observes = () => ({ ...seen, basis: { newest: 2 } });
    const moved = await stage.accept('moved', { plan });
    expect(await ended(moved)).toMatchObject({
      outcome: 'not_sent',
      problem: { code: 'precondition_failed' },
    });
    expect(stage.part.sent).toEqual(['held']);
  });

  it('whose platform finds that somebody else was quicker ends as 412 where it was planned, else as a conflict', async () => {
    const of = { connection: 'erp', onConflict: 'error', digests: ['d'] };
    const seen = { evidence: {}, items: [invoices], basis: { newest: 1 } };
    const plan = { of, token: planTokenOf(of, seen) };
    stage.part.observes = () => seen;
    const upstream = { status: 409, code: null, message: 'It is there.', requestId: null };
    stage.part.answers = () => Promise.reject(new ConflictError('It is there.', { upstream }));
    const ids = [await stage.accept('planned', { plan }), await stage.accept('unplanned')];
    stage.worker();
    const ends = await Promise.all(ids.map(ended));
    for (const [at, code] of ['precondition_failed', 'conflict'].entries())
      expect(ends[at]).toMatchObject({
        outcome: 'rejected',
        problem: { code, detail: 'It is there.', upstream },
        result: { items: [{ effect: 'failed', problem: { code } }] },
      });
  });

  it('whose answer names nothing is looked for, and not sent again', async () => {
    stage.part.answers = () => Promise.resolve({ items: [] });
    stage.part.shows = { state: 'applied', receipt: { items: [invoices] } };
    const id = await stage.accept('one');
    stage.worker();
    expect(await ended(id)).toMatchObject({ outcome: 'applied', status: 'succeeded' });
    expect(stage.part.sent).toEqual(['one']);
  });

  it('of which a part happened is not sent again where its platform says so', async () => {
    stage.part.answers = () => Promise.reject(lost());
    const failed: ChangedItem = {
      ...invoices,
      process: 'orders',
      effect: 'failed',
      problem: { code: 'upstream_unavailable', detail: 'It is not there.' },
    };
    stage.part.shows = { state: 'partial', receipt: { items: [invoices, failed] }, again: false };
    const id = await stage.accept('one');
    stage.worker();
    expect(await ended(id)).toMatchObject({ outcome: 'applied', status: 'failed' });
    expect(stage.part.sent).toEqual(['one']);
  });
});
