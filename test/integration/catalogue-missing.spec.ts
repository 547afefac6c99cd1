import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  UpstreamAuthFailedError,
  UpstreamContractError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import type { ControlledList } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import type { Replica, ReplicaOptions } from '../support/replica.ts';
import { Replicas } from '../support/replicas.ts';

/** In which a source that fails has failed, on a machine with more to do. */
const soonMs = 700;

const replicas = new Replicas();
let crm: ControlledList;
let erp: ControlledList;

beforeEach(() => {
  crm = replicas.list('crm', ['Leads', 'Offers']);
  erp = replicas.list('erp', ['Invoices', 'Payroll', 'Travel']);
});

const replica = (options: ReplicaOptions = {}): Promise<Replica> =>
  replicas.over([crm, erp], options);

const second = 1_000;
const day = 86_400 * second;
const down = new UpstreamUnavailableError('The ERP is down.');

describe('an upstream that fails', () => {
  it('is served from what is kept, with why, for as long as is configured', async () => {
    const a = await replica();
    await a.list();
    erp.error = down;
    await a.age('erp', 631 * second);
    expect(await a.list()).toMatchObject({
      complete: true,
      forwarded: 'stale-if-error',
      page: { total: 5 },
      sources: [
        { status: 'fresh' },
        {
          status: 'stale',
          count: 3,
          problem: { code: 'upstream_unavailable', detail: 'The ERP is down.' },
        },
      ],
    });
    await a.age('erp', day);
    expect(await a.list()).toMatchObject({
      complete: false,
      page: { total: null },
      sources: [
        { status: 'fresh', count: 2 },
        { status: 'failed', count: null, asOf: null, problem: { code: 'upstream_unavailable' } },
      ],
    });
  });

  it('fails neither the list nor the others, and is seen to be missing', async () => {
    const a = await replica();
    erp.error = new UpstreamAuthFailedError('The ERP knows us no more.');
    const answer = await a.list();
    expect(answer.names).toEqual(['Leads', 'Offers']);
    expect(answer).toMatchObject({
      complete: false,
      page: { total: null },
      sources: [
        { status: 'fresh', problem: null },
        {
          status: 'failed',
          problem: { code: 'upstream_auth_failed', detail: 'The ERP knows us no more.' },
        },
      ],
    });
  });

  it('is fresh again once it answers', async () => {
    const a = await replica({ timing: { failureHold: 0 } });
    erp.error = down;
    expect((await a.list()).complete).toBe(false);
    erp.error = null;
    await eventually(async () => {
      expect(await a.list()).toMatchObject({
        complete: true,
        sources: [{}, { status: 'fresh', problem: null }],
      });
    });
  });

  it('is said to be warming, not failed, while a new try is under way', async () => {
    const a = await replica({ deadlineMs: soonMs, timing: { failureHold: 0 } });
    erp.error = down;
    expect((await a.list()).sources[1]?.status).toBe('failed');
    erp.error = null;
    erp.hold();
    await eventually(async () => {
      expect((await a.list()).sources[1]?.status).toBe('warming');
    });
  });
});

describe('a list that misses everything', () => {
  it('is a 502 when all have failed', async () => {
    const a = await replica();
    erp.error = down;
    crm.error = new UpstreamContractError('The CRM talks nonsense.');
    await expect(a.list()).rejects.toMatchObject({
      code: 'sources_unavailable',
      message: expect.stringMatching(/crm \(failed\), erp \(failed\).*nonsense.*ERP is down/),
      details: { members: { sources: [{ status: 'failed' }, { status: 'failed' }] } },
    });
  });

  it('is a list without items while one of them may still come', async () => {
    const a = await replica({ deadlineMs: soonMs });
    erp.hold();
    crm.error = down;
    expect(await a.list()).toMatchObject({
      names: [],
      complete: false,
      page: { nextCursor: null, total: null },
      sources: [{ status: 'failed' }, { status: 'warming', problem: null }],
    });
  });

  it('is complete when no connection was asked for', async () => {
    const a = await replica();
    const answer = await a.list({ query: { connections: ['crm'], platforms: ['erp'] } });
    expect(answer).toMatchObject({ names: [], sources: [], complete: true, page: { total: 0 } });
  });
});

describe('require=all', () => {
  const query = { requireAll: true };

  it('is a 502 when a source has failed, a 504 when one is late', async () => {
    const a = await replica({ deadlineMs: soonMs });
    erp.error = down;
    await expect(a.list({ query })).rejects.toMatchObject({
      code: 'sources_unavailable',
      // The failed walk stands for a while; before that it would only be told again.
      details: { retryable: true, retryAfterMs: expect.any(Number) },
    });
    erp.error = null;
    erp.hold();
    await a.cells.mark('erp');
    await expect(a.list({ query })).rejects.toMatchObject({
      code: 'upstream_timeout',
      details: { members: { sources: [{ status: 'fresh' }, { status: 'warming' }] } },
    });
  });

  it('takes a stale source for one that is there', async () => {
    const a = await replica();
    await a.list();
    erp.error = down;
    await a.age('erp', 631 * second);
    expect(await a.list({ query })).toMatchObject({
      complete: true,
      sources: [{}, { status: 'stale' }],
    });
  });
});
