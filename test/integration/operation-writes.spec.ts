import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { toOperation } from '../../src/operations/operation.presenter.ts';
import { eventually } from '../support/eventually.ts';
import { lost } from '../support/ledger.ts';
import { OperationStage, tagged } from '../support/operation-stage.ts';

const stage = new OperationStage();

const neverShown = { state: 'undecided', why: 'Others were here.', candidates: [] } as const;
const conflict = (outcome: string, message: RegExp) => ({
  code: 'conflict',
  message: expect.stringMatching(message) as unknown,
  details: { outcome },
});

/** An operation that nobody can prove. */
async function doubted(): Promise<string> {
  stage.change.answers = () => Promise.reject(lost());
  stage.change.shows = neverShown;
  const id = await stage.accept();
  await stage.until(id, ({ outcome }) => outcome === 'unknown');
  return id;
}

describe('an operation in doubt', () => {
  it('is told of once in the log, however often it is looked at', async () => {
    const id = await doubted();
    stage.change.shows = { ...neverShown, candidates: ['a'] };
    for (let look = 0; look < 3; look += 1) await stage.ledger.advance(id);
    expect(stage.audited('A change is in doubt')).toHaveLength(1);
  });
});

describe('cancelling an operation', () => {
  it('that waits ends it, and nothing of it is ever sent', async () => {
    const id = await stage.accept();
    const { doc } = await stage.service.cancel(id, 'request-1');
    expect([doc.status, doc.outcome, doc.final, doc.phase]).toEqual([
      'cancelled',
      'not_sent',
      true,
      null,
    ]);
    expect(await stage.store.records.evidence(id)).toBeNull();
    expect(await stage.ledger.advance(id)).toBeNull();
    expect([stage.change.sends, (await stage.record(id)).doc]).toEqual([0, doc]);
  });

  it('a second time changes nothing', async () => {
    const id = await stage.accept();
    const first = await stage.service.cancel(id, 'request-1');
    expect(await stage.service.cancel(id, 'request-2')).toMatchObject(first);
    expect(stage.audited('A change was cancelled')).toMatchObject([{ requestId: 'request-1' }]);
  });

  it('that is being sent is refused, and it goes on', async () => {
    const answer = new EventEmitter();
    stage.change.answers = async () => {
      await once(answer, 'comes');
      return { items: [tagged] };
    };
    const id = await stage.accept();
    const sending = stage.ledger.advance(id);
    await eventually(() => {
      expect(stage.change.sends).toBe(1);
    });
    expect(toOperation(await stage.record(id)).links.cancel).toBeNull();
    await expect(stage.service.cancel(id, 'request-1')).rejects.toMatchObject(
      conflict('not_sent', /is being sent/),
    );
    answer.emit('comes');
    await sending;
    expect((await stage.record(id)).doc.status).toBe('succeeded');
  });

  it('that has begun is refused, though the rest of it was not sent yet', async () => {
    stage.change.answers = () => Promise.reject(lost());
    stage.change.shows = { state: 'partial', receipt: { items: [tagged] } };
    const id = await stage.accept();
    const isAccepted = async (): Promise<boolean> =>
      (await stage.record(id)).ledger?.state === 'accepted';
    do await sleep((await stage.ledger.advance(id)) ?? 0);
    while (!(await isAccepted()));
    const record = await stage.record(id);
    expect([record.ledger?.state, stage.change.sends]).toEqual(['accepted', 1]);
    expect(toOperation(record).links.cancel).toBeNull();
    await expect(stage.service.cancel(id, 'request-1')).rejects.toMatchObject(
      conflict('not_sent', /is being sent/),
    );
  });

  it('that has ended is refused, and says how it has', async () => {
    const id = await stage.accept();
    await stage.until(id);
    await expect(stage.service.cancel(id, 'request-1')).rejects.toMatchObject(
      conflict('not_sent', /has ended: it is succeeded/),
    );
  });

  it('that there is none of is refused, whatever it is called', async () => {
    for (const id of [`op-${randomUUID()}`, 'op-1', 'erp:1'])
      await expect(stage.service.cancel(id, 'request-1')).rejects.toMatchObject({
        code: 'not_found',
      });
  });
});

describe('settling an operation', () => {
  const applied = { outcome: 'applied', note: 'I saw it.' } as const;
  const notSent = { outcome: 'not_sent', note: 'It is not there.' } as const;

  it('in doubt as done makes it succeeded, with what it was to do', async () => {
    const id = await doubted();
    const { doc } = await stage.service.resolve(id, applied, 'r');
    expect(doc).toMatchObject({
      status: 'succeeded',
      final: true,
      outcome: 'applied',
      settlement: applied,
      items: [tagged],
      problem: null,
      evidence: { detail: 'Others were here.' },
    });
  });

  it('that is only planned says how it would stand, and changes nothing', async () => {
    const queued = await stage.accept();
    expect((await stage.service.planCancel(queued)).doc).toMatchObject({
      status: 'cancelled',
      items: [{ effect: 'failed', problem: { code: 'conflict' } }],
    });
    expect(await stage.record(queued)).toMatchObject({ revision: 1, doc: { status: 'queued' } });
    const id = await doubted();
    const before = await stage.record(id);
    expect((await stage.service.planResolve(id, notSent)).doc).toMatchObject({
      outcome: 'not_sent',
      settlement: notSent,
    });
    expect(await stage.record(id)).toEqual(before);
    await expect(stage.service.planCancel(id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(stage.service.planResolve(queued, notSent)).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('in doubt as not sent makes it failed, and says why', async () => {
    const id = await doubted();
    const { doc } = await stage.service.resolve(id, notSent, 'r');
    expect(doc).toMatchObject({
      status: 'failed',
      outcome: 'not_sent',
      settlement: notSent,
      items: [{ ...tagged, effect: 'failed', problem: { code: 'upstream_unavailable' } }],
      problem: { detail: expect.stringContaining(notSent.note) as unknown },
    });
  });

  it('is the last word: what shows later is not looked at any more', async () => {
    const id = await doubted();
    await stage.service.resolve(id, notSent, 'r');
    stage.change.shows = { state: 'applied', receipt: { items: [tagged] } };
    expect(await stage.ledger.advance(id)).toBeNull();
    expect((await stage.record(id)).doc.outcome).toBe('not_sent');
    expect(await stage.store.records.evidence(id)).toBeNull();
  });

  it('again with the same words changes nothing', async () => {
    const id = await doubted();
    const first = await stage.service.resolve(id, applied, 'r');
    expect(await stage.service.resolve(id, applied, 'r-2')).toMatchObject(first);
    expect(stage.audited('A change was settled')).toMatchObject([{ requestId: 'r' }]);
  });

  it('is in the audit though Redis was lost before it could say that it was kept', async () => {
    const id = await doubted();
    const { records } = stage.store;
    const change = records.change.bind(records);
    records.change = async (...changed) => {
      await change(...changed);
      throw new Error('Connection is closed.');
    };
    await expect(stage.service.resolve(id, applied, 'r')).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'unknown', retryable: true },
    });
    records.change = change;
    await stage.service.resolve(id, applied, 'r-2');
    const lines = stage.audited('A change may have been cancelled or settled');
    expect(lines).toMatchObject([{ operation: id, requestId: 'r' }]);
    expect(stage.audited('A change was settled')).toEqual([]);
  });

  it.each([
    ['another outcome', notSent],
    ['another reason', { ...applied, note: 'I guess so.' }],
  ])('again with %s is refused, and says what was said', async (_, other) => {
    const id = await doubted();
    await stage.service.resolve(id, applied, 'r');
    await expect(stage.service.resolve(id, other, 'r')).rejects.toMatchObject(
      conflict('applied', /was settled at .*"I saw it\."/),
    );
    expect((await stage.record(id)).doc.settlement).toMatchObject(applied);
  });

  it('by two at once is settled by one of them', async () => {
    const id = await doubted();
    const said = await Promise.allSettled([
      stage.service.resolve(id, applied, 'r'),
      stage.service.resolve(id, notSent, 'r'),
    ]);
    expect(said.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each([
    ['that waits', false, 'not_sent'],
    ['that has ended', true, 'applied'],
  ])('%s is refused, as it is not in doubt', async (_, hasEnded, outcome) => {
    const id = await stage.accept();
    if (hasEnded) await stage.until(id);
    const before = await stage.record(id);
    await expect(stage.service.resolve(id, applied, 'r')).rejects.toMatchObject(
      conflict(outcome, /is not in doubt/),
    );
    expect(await stage.record(id)).toEqual(before);
    expect(stage.audited('A change was settled')).toEqual([]);
  });
});
