import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ChangedItem } from '../../src/domain/change.ts';
import {
  ConflictError,
  PreconditionFailedError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import type { KeptOperation } from '../../src/operations/kept-operation.ts';
import { toOperation } from '../../src/operations/operation.presenter.ts';
import { lost } from '../support/ledger.ts';
import { OperationStage, secretContent, tagged } from '../support/operation-stage.ts';

const stage = new OperationStage();

const upstream = { status: 422, code: '7', message: 'not now', requestId: 'u-1' };
const problem = { code: 'upstream_rejected', detail: 'That one is locked.' } as const;
const refused: ChangedItem = { ...tagged, version: '3', effect: 'failed', problem };

const answersNever = (): Promise<never> => Promise.reject(lost());
const neverShown = { state: 'undecided', why: 'Others were here.', candidates: [] } as const;
const isDoubted = ({ outcome }: KeptOperation): boolean => outcome === 'unknown';

/** An operation as callers see it, at its end. */
async function ended(): Promise<ReturnType<typeof toOperation>> {
  return toOperation(await stage.until(await stage.accept()));
}

describe('an operation', () => {
  it('that was done has succeeded, with what it has done', async () => {
    const operation = await ended();
    expect(operation).toMatchObject({
      status: 'succeeded',
      final: true,
      phase: null,
      outcome: 'applied',
      progress: { done: 1, total: 1 },
      result: { items: [{ process: 'erp:invoices', version: '2', effect: 'tagged' }] },
      problem: null,
      evidence: null,
      links: { cancel: null },
    });
    expect(operation.startedAt).not.toBeNull();
    expect(operation.finishedAt).toBe(operation.updatedAt);
  });

  it('that was done in part has failed, and says what was applied and why the rest was not', async () => {
    stage.change.answers = () => Promise.resolve({ items: [tagged, refused] });
    expect(await ended()).toMatchObject({
      status: 'failed',
      final: true,
      outcome: 'applied',
      progress: { done: 1 },
      result: { items: [{ effect: 'tagged' }, { effect: 'failed', problem }] },
      problem: { ...problem, upstream: null },
    });
  });

  it('that the platform refused has failed with its words, and has changed nothing', async () => {
    stage.change.answers = () =>
      Promise.reject(new UpstreamRejectedError('No.', { sent: 'maybe', upstream }));
    expect(await ended()).toMatchObject({
      status: 'failed',
      final: true,
      outcome: 'rejected',
      progress: { done: 0, total: 1 },
      result: {
        items: [
          {
            process: 'erp:invoices',
            effect: 'failed',
            problem: { code: 'upstream_rejected', detail: 'No.' },
          },
        ],
      },
      problem: { code: 'upstream_rejected', detail: 'No.', upstream },
    });
    expect(stage.change.sends).toBe(1);
  });

  it.each([
    ['kept back, as the version was another one by then', PreconditionFailedError],
    ['kept back for another reason', ConflictError],
  ])('that was %s says so', async (_, Refusal) => {
    const refusal = new Refusal('It is 3 by now.', { outcome: 'rejected' });
    stage.change.answers = () => Promise.reject(refusal);
    const operation = toOperation(await stage.until(await stage.accept()));
    expect(operation).toMatchObject({
      status: 'failed',
      outcome: 'rejected',
      problem: { code: refusal.code, detail: 'It is 3 by now.', upstream: null },
    });
    expect(stage.change.sends).toBe(1);
  });

  it('that never could leave was not sent, and says why', async () => {
    const away = new UpstreamUnavailableError('Nobody listens.', {
      sent: 'no',
      retryAfterMs: 3_600_000,
    });
    stage.change.answers = () => Promise.reject(away);
    const id = await stage.accept();
    await stage.ledger.advance(id);
    expect((await stage.record(id)).doc).toMatchObject({ status: 'queued', phase: 'queued' });
    await stage.store.records.change(id, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, deadline: ledger.acceptedAt } },
    );
    const { doc } = await stage.until(id);
    expect([doc.status, doc.outcome, doc.final]).toEqual(['failed', 'not_sent', true]);
    const why = {
      code: 'upstream_unavailable',
      detail: expect.stringContaining('Nobody listens.') as unknown,
    };
    expect(doc.problem).toMatchObject(why);
    expect(doc.items).toEqual([{ ...tagged, effect: 'failed', problem: why }]);
  });

  it('is queued, then sent, then looked into, with one revision for each', async () => {
    stage.change.answers = answersNever;
    const id = await stage.accept();
    await stage.until(id, ({ phase }) => phase === 'verifying');
    stage.change.shows = { state: 'applied', receipt: { items: [tagged] } };
    const { revision } = await stage.until(id);
    const events = await stage.store.records.events(id, 0);
    expect(events.map(({ doc }) => [doc.status, doc.phase])).toEqual([
      ['queued', 'queued'],
      ['running', 'sending'],
      ['running', 'verifying'],
      ['succeeded', null],
    ]);
    expect([revision, stage.change.sends]).toEqual([4, 1]);
    expect(new Set(events.slice(1).map(({ doc }) => doc.startedAt)).size).toBe(1);
  });

  it('that goes on where it stopped runs, and does not wait again', async () => {
    stage.change.answers = answersNever;
    stage.change.shows = { state: 'partial', receipt: { items: [tagged, refused] } };
    const id = await stage.accept();
    await stage.until(id, ({ phase }) => phase === 'verifying');
    stage.change.answers = () => Promise.resolve({ items: [tagged] });
    const { doc } = await stage.until(id);
    expect([doc.status, stage.change.sends]).toEqual(['succeeded', 2]);
    const phases = (await stage.store.records.events(id, 1)).map((event) => event.doc.phase);
    expect(phases).toEqual(['sending', 'verifying', 'sending', null]);
  });
});

describe('an operation that nobody can prove', () => {
  it('is unknown, with what is known of it, and is not changed by further looks in vain', async () => {
    stage.change.answers = answersNever;
    stage.change.shows = neverShown;
    const id = await stage.accept();
    const { doc, revision } = await stage.until(id, isDoubted);
    expect(doc).toMatchObject({
      status: 'unknown',
      final: true,
      phase: null,
      outcome: 'unknown',
      problem: null,
      items: null,
      evidence: { detail: 'Others were here.' },
    });
    const { sentFrom = '', sentUntil = '', lookedAt = '' } = doc.evidence ?? {};
    expect([doc.createdAt, sentFrom, sentUntil, lookedAt]).toEqual(
      [doc.createdAt, sentFrom, sentUntil, lookedAt].sort(),
    );
    await stage.ledger.advance(id);
    expect((await stage.record(id)).revision).toBe(revision);
  });

  it('names what may have come of it, as far as that is known by the last look', async () => {
    stage.change.answers = answersNever;
    stage.change.shows = { ...neverShown, candidates: ['a', 'b'] };
    const id = await stage.accept();
    const { evidence, finishedAt } = toOperation(await stage.until(id, isDoubted));
    expect(evidence?.candidates).toEqual(['erp:a', 'erp:b']);
    stage.change.shows = { ...neverShown, candidates: ['b'] };
    await stage.ledger.advance(id);
    const again = toOperation(await stage.record(id));
    expect(again).toMatchObject({ finishedAt, evidence: { candidates: ['erp:b'] } });
    expect(stage.audited('A change is in doubt')).toHaveLength(1);
  });

  it('has succeeded as soon as a later look finds it', async () => {
    stage.change.answers = answersNever;
    stage.change.shows = neverShown;
    const id = await stage.accept();
    await stage.until(id, isDoubted);
    stage.change.shows = { state: 'applied', receipt: { items: [tagged] } };
    const { doc } = await stage.until(id);
    expect(doc).toMatchObject({
      status: 'succeeded',
      outcome: 'applied',
      evidence: null,
      items: [tagged],
    });
    expect(stage.change.sends).toBe(1);
  });
});

describe('the connection of an operation', () => {
  it.each([
    ['was done', false],
    ['is in doubt', true],
  ])('is marked as changed before anybody can see that it %s', async (_, isInDoubt) => {
    if (isInDoubt) stage.change.answers = answersNever;
    stage.change.shows = neverShown;
    const id = await stage.accept();
    const marks: [string, boolean][] = [];
    stage.onChanged = async (connection) => {
      marks.push([connection, (await stage.record(id)).doc.final]);
    };
    await stage.until(id, ({ final }) => final);
    expect(marks).toEqual([['erp', false]]);
  });

  it('has to be marked before the end is told, however long that takes', async () => {
    const id = await stage.accept();
    let isAway = true;
    stage.onChanged = async () => {
      if (!isAway) return;
      isAway = false;
      expect((await stage.record(id)).doc.final).toBe(false);
      throw new Error('Redis is away');
    };
    expect((await stage.until(id)).doc.status).toBe('succeeded');
    expect([isAway, stage.change.sends]).toEqual([false, 1]);
  });

  it('is not marked by what has changed nothing', async () => {
    const marks: string[] = [];
    stage.onChanged = (connection) => Promise.resolve(void marks.push(connection));
    stage.change.answers = () =>
      Promise.reject(new UpstreamRejectedError('No.', { sent: 'maybe', upstream }));
    await ended();
    expect(marks).toEqual([]);
  });
});

describe('the audit', () => {
  const who = {
    audit: 'tag_version',
    caller: 'me',
    connection: 'erp',
    process: 'invoices',
    requestId: 'request-1',
  };

  it('says once that a change was accepted, however often it was asked for', async () => {
    const idempotencyKey = randomUUID();
    const id = await stage.accept({ idempotencyKey });
    expect(await stage.accept({ idempotencyKey })).toBe(id);
    expect(stage.audited('A change was accepted')).toMatchObject([
      { ...who, operation: id, outcome: null, status: 'queued' },
    ]);
  });

  it.each([
    ['done', () => Promise.resolve({ items: [tagged] }), 'applied', 'succeeded'],
    ['done in part', () => Promise.resolve({ items: [tagged, refused] }), 'applied', 'failed'],
    [
      'refused',
      () => Promise.reject(new UpstreamRejectedError('No.', { sent: 'maybe', upstream })),
      'rejected',
      'failed',
    ],
  ] as const)('says once that it was %s', async (_, answers, outcome, status) => {
    stage.change.answers = answers;
    const id = await stage.accept();
    await stage.until(id);
    expect(stage.audited('A change has ended')).toMatchObject([
      { ...who, operation: id, outcome, status },
    ]);
  });

  it('says that it was cancelled', async () => {
    const id = await stage.accept();
    await stage.service.cancel(id, 'request-1');
    await stage.until(id);
    expect(stage.audited('A change has ended')).toMatchObject([
      { ...who, operation: id, outcome: 'not_sent', status: 'cancelled' },
    ]);
  });

  it('says who has settled what nobody could prove', async () => {
    stage.change.answers = answersNever;
    stage.change.shows = neverShown;
    const id = await stage.accept();
    await stage.until(id, isDoubted);
    await stage.service.resolve(id, { outcome: 'not_sent', note: 'I looked.' }, 'request-2');
    expect(stage.audited('A change was settled')).toMatchObject([
      {
        ...who,
        operation: id,
        requestId: 'request-2',
        outcome: 'not_sent',
        settlement: { outcome: 'not_sent', note: 'I looked.' },
      },
    ]);
  });

  it('never says what the change was made of', async () => {
    stage.change.answers = answersNever;
    stage.change.shows = neverShown;
    const id = await stage.accept();
    expect(JSON.stringify(await stage.store.records.evidence(id))).toContain(secretContent);
    await stage.until(id, isDoubted);
    await stage.service.resolve(id, { outcome: 'applied', note: 'I looked.' }, 'request-2');
    await stage.until(id);
    expect(stage.lines.length).toBeGreaterThan(2);
    expect(stage.lines.join('')).not.toContain('hunter2');
  });
});
