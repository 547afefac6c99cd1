import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import {
  type GatewayError,
  UpstreamAuthFailedError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { type Begin, WriteOnce } from '../../src/ledger/write-once.ts';
import type { FoundRun } from '../../src/runs/found-run.ts';
import { runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();
const upstream = { code: null, message: null, requestId: null };
const away = new UpstreamUnavailableError('GET was answered with 503.', {
  sent: 'maybe',
  upstream: { ...upstream, status: 503 },
});
const refused = new UpstreamAuthFailedError('GET was answered with 403.', {
  sent: 'maybe',
  upstream: { ...upstream, status: 403 },
});

type Write = (begin: Begin) => Promise<FoundRun>;

const writes: Readonly<Record<string, Write>> = {
  restart: (begin) => stage.writes.restart(runId, begin),
  resume: (begin) => stage.writes.resume(runId, 'go', {}, begin),
  'cancel of what others have started': () =>
    stage.writes.cancel('erp:7', { force: false, cascade: false }),
  resolve: () =>
    stage.writes.resolve(runId, { outcome: 'applied', nativeId: '1', note: 'it is there' }),
};

describe.each(Object.entries(writes))('a %s before which something is read', (name, write) => {
  const isDoubted = name === 'resolve';
  let effects = 0;

  async function setUp(failure: GatewayError): Promise<void> {
    effects = 0;
    stage.shown = youngRun(name === 'resume' ? 'suspended' : 'succeeded');
    const doubt = { status: 'unknown', final: true, outcome: 'unknown', nativeId: null } as const;
    await stage.put({ mark: 'm', outcome: 'applied', ...(isDoubted ? doubt : {}) });
    const act = (): Promise<boolean> => Promise.resolve((effects += 1) > 0);
    stage.parts.restart = { restart: act };
    stage.parts.resume = { resume: act };
    stage.parts.cancel = { cancel: act };
    const runs = stage.connection.part('runs');
    stage.parts.runs = { ...runs, get: () => Promise.reject(failure) };
  }

  it.each([
    ['fails', away],
    ['is refused', refused],
  ])('has not been sent when that %s', async (_, failure) => {
    await setUp(failure);
    const before = await stage.store.records.read(runId);
    const once = new WriteOnce(new IdempotencyKeys(stage.redis.client, stage.prefix));
    const headers = { 'idempotency-key': randomUUID() };
    const request = { headers, method: 'POST', url: `/v1/runs/${name}` } as unknown;
    const call = { request: request as FastifyRequest, body: {}, caller: 'me', record: runId };
    await expect(once.run(call, write)).rejects.toMatchObject({
      code: failure.code,
      details: { outcome: 'not_sent', upstream: failure.details.upstream },
    });
    expect(effects).toBe(0);
    expect(await stage.store.records.read(runId)).toEqual(before);
    stage.parts.runs = {
      ...stage.connection.part('runs'),
      get: () => Promise.resolve(stage.shown),
    };
    const { isReplay, result } = await once.run(call, write);
    expect([isReplay, result === null]).toEqual([false, false]);
  });
});

describe('a restart whose platform looks again itself, in vain', () => {
  it('leaves the run as it has ended', async () => {
    await stage.put({ mark: 'm', outcome: 'applied' });
    const before = await stage.doc();
    const unsent = new UpstreamUnavailableError('GET was answered with 503.', { sent: 'no' });
    stage.parts.restart = { restart: () => Promise.reject(unsent) };
    const begin = (): Promise<void> => Promise.resolve();
    await expect(stage.writes.restart(runId, begin)).rejects.toBe(unsent);
    expect({ ...(await stage.doc()), updatedAt: '' }).toEqual({ ...before, updatedAt: '' });
  });
});
