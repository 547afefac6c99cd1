import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Operation } from '../../src/domain/operation.ts';
import type { Problem } from '../../src/http/problem.ts';
import { change, operationOf } from '../support/changes.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get } from '../support/http.ts';
import { newKey } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';
import { ChangedOdsl, configuration } from './changes/changed-odsl.ts';

jest.setTimeout(120_000);

const odsl = new ChangedOdsl();

describe('an operation', () => {
  it('is told of at once, waited for, and watched to its end', async () => {
    const id = odsl.newId();
    odsl.hit({ kind: 'latency', ms: 1_500 });
    const answer = await change(odsl.gateway, 'put', at(id), configuration, {
      prefer: 'respond-async',
    });
    expect([answer.status, answer.body.final, answer.body.outcome]).toEqual([202, false, null]);
    const path = answer.headers['location'] ?? '';
    expect(path).toBe(`/v1/operations/${answer.body.id}`);
    const one = await Listener.open(`${odsl.gateway.baseUrl}${path}/events`);
    const both = await Listener.open(
      `${odsl.gateway.baseUrl}/v1/events?operation=${answer.body.id}`,
    );
    const ended = await get<Operation>(odsl.gateway, `${path}?wait=30`);
    expect([ended.status, ended.body.status]).toEqual([200, 'succeeded']);
    await Promise.all([one.ended, both.ended]);
    for (const { events } of [one, both]) {
      expect(events.at(-1)?.event).toBe('end');
      expect(events[0]?.event).toBe('operation');
      expect(JSON.parse(events.at(-1)?.data ?? '{}')).toMatchObject({ status: 'succeeded' });
    }
    const back = await Listener.open(`${odsl.gateway.baseUrl}${path}/events`, {
      'last-event-id': one.events.at(-1)?.id ?? '',
    });
    expect(back.status).toBe(204);
    expect((await get(odsl.gateway, `/v1/operations/op-${randomUUID()}`)).status).toBe(404);
  });

  it('is found in the list by what it did, and its walk is stable', async () => {
    const ids = [await odsl.made(), await odsl.made(), await odsl.made()];
    const query = '/v1/operations?connection=odsl&kind=put_process&final=true&outcome=applied';
    const first = await get<Collection<Operation>>(odsl.gateway, `${query}&limit=2`);
    expect(first.body.data.map(({ process }) => process)).toEqual([ids[2], ids[1]]);
    await odsl.made();
    const { nextCursor } = first.body.page;
    const second = await get<Collection<Operation>>(
      odsl.gateway,
      `${query}&limit=1&cursor=${encodeURIComponent(nextCursor ?? '')}`,
    );
    expect(second.body.data.map(({ process }) => process)).toEqual([ids[0]]);
    const stranger = await get(odsl.gateway, '/v1/operations?connection=nowhere');
    expect([stranger.status, (stranger.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'connection',
    ]);
  });

  it('that the platform refused says so, with the status of its problem, and so does its replay', async () => {
    const id = await odsl.made();
    const key = newKey();
    odsl.hit({ kind: 'status', status: 422, headers: { 'x-odsl-error': '[5009] No: not now' } });
    const next = { ...configuration, script: 'return 3' };
    const answer = await change<Problem>(odsl.gateway, 'put', at(id), next, key);
    expect([answer.status, answer.body.code, answer.body.outcome]).toEqual([
      422,
      'upstream_rejected',
      'rejected',
    ]);
    expect(answer.body.upstream).toMatchObject({ status: 422, code: '5009' });
    const operation = await operationOf(odsl.gateway, answer);
    expect([operation.status, operation.outcome]).toEqual(['failed', 'rejected']);
    const again = await change<Problem>(odsl.gateway, 'put', at(id), next, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([422, '?1']);
  });

  it('whose answer was lost after it was done is found to be done, and is not done twice', async () => {
    const id = odsl.newId();
    odsl.hit({ kind: 'resetAfterEffect' });
    const answer = await change(odsl.gateway, 'put', at(id), configuration);
    expect([answer.status, answer.body.outcome]).toEqual([201, 'applied']);
    expect(odsl.saved(id)).toBe(1);
  });
});

describe('without a worker', () => {
  let lonely: Stage;
  let alone: Gateway;

  beforeAll(async () => {
    lonely = await Stage.open();
    alone = await lonely.gateway();
  });
  afterAll(() => lonely.close());

  it('an operation waits, can be cancelled, and is never done then', async () => {
    const path = at('odsl:WAITING');
    const answer = await change(alone, 'put', path, configuration, { prefer: 'respond-async' });
    expect([answer.status, answer.body.phase]).toEqual([202, 'queued']);
    const { id, links } = answer.body;
    expect(links.cancel?.href).toBe(`/v1/operations/${id}/cancel`);
    const cancelled = await change(alone, 'post', `/v1/operations/${id}/cancel`);
    expect([cancelled.status, cancelled.body.status, cancelled.body.outcome]).toEqual([
      200,
      'cancelled',
      'not_sent',
    ]);
    const again = await change(alone, 'post', `/v1/operations/${id}/cancel`);
    expect(again.status).toBe(200);
    const settled = await change<Problem>(alone, 'post', `/v1/operations/${id}/resolve`, {
      outcome: 'applied',
      note: 'x',
    });
    expect([settled.status, settled.body.code]).toEqual([409, 'conflict']);
    await lonely.worker();
    const last = await get<Operation>(alone, `/v1/operations/${id}?wait=2`);
    expect(last.body.status).toBe('cancelled');
    expect((await get(alone, path)).status).toBe(404);
  });
});
