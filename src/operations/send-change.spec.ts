import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fastify, type LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import type { ChangedItem, ChangeEffect } from '../domain/change.ts';
import { RecalledError } from '../domain/errors.ts';
import { type OperationKind, operationKinds } from '../domain/operation.ts';
import type { Problem } from '../http/problem.ts';
import { sendProblem } from '../http/problem.filter.ts';
import {
  cancelled,
  done,
  doubted,
  failed,
  type KeptOperation,
  movedTo,
  queuedOperation,
  settledSo,
} from './kept-operation.ts';
import { toOperation } from './operation.presenter.ts';
import { sendChanged } from './send-change.ts';

const id = 'op-01980000-0000-7000-8000-000000000001';
const self = `/v1/operations/${id}`;
const now = Date.parse('2026-11-21T05:00:00.000Z');
const process = '/v1/processes/erp%3Ainvoices';

/** What an operation is answered with, over HTTP. */
interface Asked {
  readonly doc: KeptOperation;
  /** The status that the first request with its key was answered with; undefined: this is the first. */
  readonly first?: number | null;
}

let asked: Asked;
/** The statuses that were remembered for replays. */
let told: number[];
const server = fastify();
const silent = pino({ level: 'silent' });

beforeAll(() => {
  server.setErrorHandler((error, request, reply) => {
    sendProblem(error, request, reply, silent);
  });
  server.put('/', async (_request, reply) => {
    const { doc, first } = asked;
    const accepted = { isReplay: first !== undefined, status: first ?? null };
    await sendChanged(reply, toOperation({ id, revision: 3, doc }), accepted, (status) => {
      told.push(status);
      return Promise.resolve();
    });
  });
});
afterAll(() => server.close());

function answerOf(doc: KeptOperation, first?: number | null): Promise<LightMyRequestResponse> {
  asked = { doc, ...(first === undefined ? {} : { first }) };
  told = [];
  return server.inject({ method: 'PUT', url: '/' });
}

function queued(kind: OperationKind = 'put_process'): KeptOperation {
  const made = { kind, connection: 'erp', platform: 'odsl', process: 'invoices' };
  const asks = { input: {}, planned: [item('updated')], requestId: 'r', caller: 'me' };
  return queuedOperation({ ...made, ...asks }, now);
}

function item(effect: ChangeEffect, about: Partial<ChangedItem> = {}): ChangedItem {
  return {
    process: 'invoices',
    name: 'Invoices',
    version: '2',
    versionId: null,
    deployment: null,
    effect,
    problem: null,
    ...about,
  };
}

function doneSo(kind: OperationKind, ...items: readonly ChangedItem[]): KeptOperation {
  return done(queued(kind), { items }, now);
}

function doubtedSo(kind: OperationKind): KeptOperation {
  const at = new Date(now).toISOString();
  const detail = 'Others were here.';
  const evidence = { detail, sentFrom: at, sentUntil: at, candidates: [], lookedAt: at };
  return doubted(queued(kind), evidence, now);
}

const upstream = { status: 422, code: '7', message: 'not now', requestId: null };
const refusal = new RecalledError({ code: 'upstream_rejected' }, 'Not that.', { upstream });
const away = new RecalledError({ code: 'upstream_unavailable' }, 'It was not sent.', {});
const notTried = item('failed', { problem: { code: 'conflict', detail: 'It was not tried.' } });

describe('a change that is done', () => {
  it.each<[OperationKind, ChangeEffect, number, string | undefined]>([
    ['put_process', 'created', 201, process],
    ['put_process', 'updated', 200, undefined],
    ['put_process', 'unchanged', 200, undefined],
    ['update_process', 'updated', 200, undefined],
    ['update_process', 'renamed', 200, '/v1/processes/erp%3Anew'],
    ['delete_process', 'deleted', 204, undefined],
    ['activate_version', 'deployed', 200, undefined],
    ['activate_version', 'updated', 200, undefined],
    ['activate_version', 'undeployed', 200, undefined],
    ['delete_version', 'deleted', 204, undefined],
    ['tag_version', 'tagged', 200, undefined],
    ['rollback', 'rolled_back', 200, undefined],
    ['refresh_repository', 'refreshed', 200, undefined],
    ['deploy', 'deployed', 201, `${process}/deployments`],
    ['deploy', 'unchanged', 200, undefined],
    ['redeploy', 'updated', 200, undefined],
    ['undeploy', 'undeployed', 204, undefined],
  ])('as %s, %s, is %i and leads to %s', async (kind, effect, status, location) => {
    const about = effect === 'renamed' ? { process: 'new' } : {};
    const answer = await answerOf(doneSo(kind, item(effect, about)));
    const { headers } = answer;
    expect([answer.statusCode, headers.location]).toEqual([status, location]);
    expect(headers).toMatchObject({
      link: `<${self}>; rel="related"`,
      'cache-control': 'no-store',
    });
    expect([headers['retry-after'], headers['idempotency-replayed']]).toEqual([
      undefined,
      undefined,
    ]);
    if (status === 204) expect(answer.body).toBe('');
    else expect(answer.json()).toMatchObject({ id, kind, outcome: 'applied', revision: 3 });
    expect(told).toEqual([status]);
  });

  it('to several of which one is new has made something', async () => {
    const doc = doneSo('deploy', item('unchanged'), item('deployed', { deployment: '8' }));
    const { statusCode, headers } = await answerOf(doc);
    expect([statusCode, headers.location]).toEqual([201, `${process}/deployments`]);
  });
});

describe.each(operationKinds)('a change (%s) that is not done', (kind) => {
  it.each([
    ['waits', queued(kind)],
    ['is being sent', movedTo(queued(kind), 'sending', now)],
    ['is looked for', movedTo(queued(kind), 'verifying', now)],
  ])('and %s, is accepted, and says where and when to look', async (_, doc) => {
    const { statusCode, headers, ...answer } = await answerOf(doc);
    expect(statusCode).toBe(202);
    expect(headers).toMatchObject({ location: self, 'retry-after': '2' });
    expect(answer.json()).toMatchObject({ id, final: false, outcome: null });
    expect(told).toEqual([202]);
  });

  it('for all that anybody knows, is accepted, and says so', async () => {
    const { statusCode, headers, ...answer } = await answerOf(doubtedSo(kind));
    expect([statusCode, headers.location, headers['retry-after']]).toEqual([202, self, undefined]);
    expect(answer.json()).toMatchObject({ final: true, outcome: 'unknown', status: 'unknown' });
    expect(told).toEqual([202]);
  });

  it.each([
    ['was refused', failed(queued(kind), 'rejected', refusal, now), 422, 'rejected'],
    ['never left', failed(queued(kind), 'not_sent', away, now), 503, 'not_sent'],
    ['was cancelled', cancelled(queued(kind), now), 409, 'not_sent'],
    [
      'was settled as not sent',
      settledSo(doubtedSo(kind), { outcome: 'not_sent', note: 'I looked.' }, now),
      503,
      'not_sent',
    ],
  ])('as it %s, is a problem that links to it', async (_, doc, status, outcome) => {
    const { statusCode, headers, ...answer } = await answerOf(doc);
    expect([statusCode, headers.location, headers.link]).toEqual([
      status,
      self,
      `<${self}>; rel="related"`,
    ]);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({
      status,
      outcome,
      connection: 'erp',
      platform: 'odsl',
      operation: id,
      links: { operation: { href: self } },
    });
    expect(told).toEqual([status]);
  });
});

describe('a change that failed', () => {
  it('gives the words of the platform', async () => {
    const answer = await answerOf(failed(queued(), 'rejected', refusal, now));
    expect(answer.json()).toMatchObject({
      code: 'upstream_rejected',
      detail: 'Not that.',
      upstream,
      retryable: false,
    });
  });

  it('without an answer of the platform has none to show', async () => {
    const answer = await answerOf(failed(queued(), 'not_sent', away, now));
    expect(answer.json<Problem>()).toMatchObject({ upstream: null, retryable: true });
  });

  it('in part says what was applied, item by item', async () => {
    const doc = doneSo('deploy', item('deployed', { deployment: '7' }), notTried);
    const answer = await answerOf(doc);
    expect([answer.statusCode, answer.headers.link]).toEqual([409, `<${self}>; rel="related"`]);
    expect(answer.json()).toMatchObject({
      code: 'conflict',
      outcome: 'applied',
      detail: 'Only a part of it was done, as items says: It was not tried.',
      items: [
        { effect: 'deployed', links: { deployments: { href: `${process}/deployments` } } },
        { effect: 'failed', problem: notTried.problem },
      ],
    });
    expect(told).toEqual([409]);
  });
});

describe('a replay', () => {
  const refused = failed(queued(), 'rejected', refusal, now);
  const made = doneSo('put_process', item('created'));

  it.each([
    ['that was told to wait', 202, made, 202, self],
    ['that was told to wait, of what failed since', 202, refused, 202, self],
    ['of what was made', 201, made, 201, process],
    ['of what was deleted', 204, doneSo('delete_process', item('deleted')), 204, undefined],
    ['of what was refused', 422, refused, 422, self],
    ['of which nobody knows how it was answered', null, made, 201, process],
    ['of what failed, of which nobody knows that', null, refused, 422, self],
  ] as const)('%s, is answered as the first', async (_, first, doc, status, location) => {
    const { statusCode, headers } = await answerOf(doc, first);
    expect([statusCode, headers.location]).toEqual([status, location]);
    expect(headers['idempotency-replayed']).toBe('?1');
  });

  it('that is answered as accepted shows how it stands by now', async () => {
    const answer = await answerOf(made, 202);
    expect(answer.json()).toMatchObject({ status: 'succeeded', final: true });
    expect(answer.headers['retry-after']).toBeUndefined();
    expect((await answerOf(queued(), 202)).headers['retry-after']).toBe('2');
  });
});
