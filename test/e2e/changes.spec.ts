import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation, Plan } from '../../src/domain/operation.ts';
import type { ProcessDetail } from '../../src/domain/process.ts';
import type { Version } from '../../src/domain/version.ts';
import type { Problem } from '../../src/http/problem.ts';
import { change, operationOf } from '../support/changes.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get, list } from '../support/http.ts';
import { newKey } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

const configuration = { service: 'INVOICES', script: 'return 1', enabled: true };
let names = 0;

function newId(): string {
  names += 1;
  return `odsl:CHANGED_${names}`;
}

/** A process that was just made. */
async function made(): Promise<string> {
  const id = newId();
  const { status, text } = await change(gateway, 'put', at(id), configuration);
  if (status !== 201) throw new Error(`${status}: ${text}`);
  return id;
}

/** How often a platform was asked for something; its health is asked for all the time. */
function askedFor(platform: string, word: string): number {
  const asked = stage.sandbox(platform).requests();
  return asked.filter((each) => each.includes(word)).length;
}

/** How often something was really done. */
function effects(effect: string, key: string): number {
  return stage
    .sandbox('odsl')
    .ledger()
    .filter((each) => each.effect === effect && each.details['id'] === key).length;
}

describe('PUT of a process', () => {
  it('makes it, and the next list and the next read show it', async () => {
    const id = newId();
    expect((await get(gateway, at(id))).status).toBe(404);
    await list(gateway, '?connection=odsl');
    const answer = await change(gateway, 'put', at(id), configuration);
    expect([answer.status, answer.headers['location']]).toEqual([201, at(id)]);
    expect(answer.body).toMatchObject({
      kind: 'put_process',
      process: id,
      status: 'succeeded',
      final: true,
      outcome: 'applied',
      result: { items: [{ process: id, effect: 'created', version: '1' }] },
      problem: null,
    });
    const shown = await get<ProcessDetail>(gateway, at(id));
    expect([shown.status, shown.body.configuration?.['script']]).toEqual([200, 'return 1']);
    const key = id.slice('odsl:'.length);
    expect((await list(gateway, `?connection=odsl&key=${key}`)).body.data).toHaveLength(1);
  });

  it('replaces it once the version is the one that was read, and does nothing where all stands', async () => {
    const id = await made();
    const next = { ...configuration, script: 'return 2' };
    const stale = await change<Problem>(gateway, 'put', at(id), next, { 'if-match': '"7"' });
    expect([stale.status, stale.body.code, stale.body.outcome]).toEqual([
      412,
      'precondition_failed',
      'not_sent',
    ]);
    const answer = await change(gateway, 'put', at(id), next, { 'if-match': '"1"' });
    expect([answer.status, answer.body.result?.items[0]?.effect]).toEqual([200, 'updated']);
    const again = await change(gateway, 'put', at(id), next);
    expect([again.status, again.body.result?.items[0]?.effect]).toEqual([200, 'unchanged']);
    expect((await get<Version>(gateway, at(id, '/versions/latest'))).body.version).toBe('2');
  });

  it('with validateOnly says what it would do, and does nothing', async () => {
    const id = newId();
    const answer = await change<Plan>(gateway, 'put', at(id, '?validateOnly=true'), configuration);
    expect([answer.status, answer.body.items[0]?.effect]).toEqual([200, 'created']);
    expect((await get(gateway, at(id))).status).toBe(404);
  });

  it('of what the platform keeps as files is 501, and asks it nothing', async () => {
    const answer = await change<Problem>(gateway, 'put', at('uipath:New'), configuration);
    expect([answer.status, answer.body.code, answer.body.outcome]).toEqual([
      501,
      'capability_not_supported',
      'not_sent',
    ]);
    expect(askedFor('uipath', 'New')).toBe(0);
  });

  it('refuses what is no object, a weak tag, and an id that cannot be', async () => {
    const id = newId();
    const odd = await change<Problem>(gateway, 'put', at(id), [1]);
    expect([odd.status, odd.body.outcome]).toEqual([400, 'not_sent']);
    const weak = await change<Problem>(gateway, 'put', at(id), {}, { 'if-match': 'W/"1"' });
    expect([weak.status, (weak.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'If-Match',
    ]);
    expect((await change(gateway, 'put', at('nowhere:X'), [1])).status).toBe(404);
    const query = await change<Problem>(gateway, 'put', at(id, '?confirm=all'), configuration);
    expect(query.status).toBe(400);
  });
});

describe('an Idempotency-Key', () => {
  it('makes 20 equal changes at once one, and answers later ones as the first', async () => {
    const id = newId();
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => change(gateway, 'put', at(id), configuration, key)),
    );
    const done = answers.filter(({ status }) => status !== 409);
    expect(new Set(done.map(({ body }) => body.id)).size).toBe(1);
    expect(effects('process.saved', id.slice('odsl:'.length))).toBe(1);
    const again = await change(gateway, 'put', at(id), configuration, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, '?1']);
    const other = await change<Problem>(gateway, 'put', at(id), { script: 'x' }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is given back by a change that was refused before anything was stored', async () => {
    const id = await made();
    const key = newKey();
    const path = at(id, '/rollback');
    const asked = await change<Problem>(gateway, 'post', path, null, key);
    expect([asked.status, asked.body['confirm']]).toEqual([409, 'delete']);
    const done = await change(gateway, 'post', `${path}?confirm=delete`, null, key);
    expect(done.status).toBe(200);
    expect((await get(gateway, at(id))).status).toBe(404);
  });
});

describe('two changes of one process', () => {
  it('are not made at once: the second is told to come back', async () => {
    const id = await made();
    stage.sandbox('odsl').faults.add({
      method: 'POST',
      path: 'process/v1',
      times: 1,
      fault: { kind: 'latency', ms: 1_500 },
    });
    const first = change(gateway, 'patch', at(id), { description: 'A' });
    await sleep(500);
    const key = newKey();
    const second = await change<Problem>(gateway, 'patch', at(id), { enabled: false }, key);
    expect([second.status, second.body.retryable, second.headers['retry-after']]).toEqual([
      409,
      true,
      '1',
    ]);
    expect(second.body['operation']).toBe((await first).body.id);
    const again = await change(gateway, 'patch', at(id), { enabled: false }, key);
    expect(again.status).toBe(200);
    const { body } = await get<ProcessDetail>(gateway, at(id));
    expect([body.description, body.enabled]).toEqual(['A', false]);
  });

  it('that name one version let one through', async () => {
    const id = await made();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, each) =>
        change(
          gateway,
          'put',
          at(id),
          { ...configuration, script: `return ${each}` },
          {
            'if-match': '"1"',
          },
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await get<Version>(gateway, at(id, '/versions/latest'))).body.version).toBe('2');
    // Until the first has ended nobody can say whether the version stays: then they are to ask again.
    const losers = answers.filter(({ status }) => status !== 200);
    for (const { status, body } of losers)
      expect([status, (body as unknown as Problem).retryable]).toEqual(
        status === 412 ? [412, false] : [409, true],
      );
  });

  it('are not made at once where one of them gets the key of the other', async () => {
    const [id, other] = [await made(), newId()];
    stage.sandbox('odsl').faults.add({
      method: 'PUT',
      path: 'process/v1',
      times: 1,
      fault: { kind: 'latency', ms: 1_500 },
    });
    const renaming = change(gateway, 'patch', at(id), { key: other.slice('odsl:'.length) });
    await sleep(500);
    const second = await change<Problem>(gateway, 'put', at(other), configuration);
    expect([second.status, second.body.retryable]).toEqual([409, true]);
    const renamed = await renaming;
    expect(second.body['operation']).toBe(renamed.body.id);
    expect([renamed.status, renamed.body.result?.items[0]?.effect]).toEqual([200, 'renamed']);
  });

  it('of flows of one repository are changes of the same', async () => {
    const [one = '', other = ''] = (await list(gateway, '?connection=concord')).body.data
      .map(({ id }) => id)
      .filter((id) => id.includes('platform-checks'));
    const query = '?confirm=repository';
    const answers = await Promise.all([
      change(gateway, 'patch', at(one, query), { enabled: false }),
      change(gateway, 'patch', at(other, query), { enabled: true }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    await change(gateway, 'patch', at(one, query), { enabled: true });
  });

  it('are refused a condition that no platform can hold', async () => {
    const id = newId();
    const answer = await change<Problem>(gateway, 'put', at(id), configuration, {
      'if-none-match': '*',
    });
    expect([answer.status, (answer.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'If-None-Match',
    ]);
  });
});

describe('versions and names', () => {
  it('are tagged, rolled back, deleted and renamed', async () => {
    const id = await made();
    await change(gateway, 'put', at(id), { ...configuration, script: 'return 2' });
    const tagged = await change(gateway, 'put', at(id, '/versions/latest/tags/stable'));
    expect([tagged.status, tagged.body.result?.items[0]]).toMatchObject([
      200,
      { effect: 'tagged', version: '2' },
    ]);
    expect((await get<Version>(gateway, at(id, '/versions/stable'))).body.version).toBe('2');
    const wrong = await change<Problem>(gateway, 'put', at(id, '/versions/1/tags/123'));
    expect([wrong.status, (wrong.body['errors'] as { at: string }[])[0]?.at]).toEqual([400, 'tag']);
    expect((await change(gateway, 'post', at(id, '/rollback'))).status).toBe(200);
    expect((await get<Version>(gateway, at(id, '/versions/latest'))).body.version).toBe('1');
    const sole = await change<Problem>(gateway, 'delete', at(id, '/versions/1'));
    expect([sole.status, sole.body['confirm']]).toEqual([409, 'delete']);
    const renamed = await change(gateway, 'patch', at(id), { key: `NEW_${names}` });
    const newId = `odsl:NEW_${names}`;
    expect([renamed.status, renamed.headers['location']]).toEqual([200, at(newId)]);
    expect(renamed.body.result?.items[0]?.process).toBe(newId);
    expect((await get(gateway, at(id))).status).toBe(404);
    const gone = await change(gateway, 'delete', at(newId));
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await get(gateway, at(newId))).status).toBe(404);
  });

  it('refuses members that the platform cannot change, naming them, without asking it', async () => {
    const id = 'odsl:NOBODY_KNOWS';
    const { status, body } = await change<Problem>(gateway, 'patch', at(id), { labels: ['a'] });
    expect(askedFor('odsl', 'NOBODY_KNOWS')).toBe(0);
    expect([status, body.code, (body['errors'] as { at: string }[])[0]?.at]).toEqual([
      501,
      'capability_not_supported',
      'labels',
    ]);
    const nothing = await change<Problem>(gateway, 'patch', at(id), {});
    expect(nothing.status).toBe(400);
  });

  it('are not changed all together by the id of one of them', async () => {
    const id = 'uipath:SmokeTest:1.0.0';
    for (const answer of [
      await change<Problem>(gateway, 'delete', at(id, '?confirm=undeploy')),
      await change<Problem>(gateway, 'patch', at(id), { enabled: true }),
    ]) {
      expect([answer.status, answer.body.outcome]).toEqual([400, 'not_sent']);
      expect(answer.body['errors']).toEqual([{ at: 'id', message: 'must be uipath:SmokeTest' }]);
    }
  });

  it('are not changed under a condition that nothing is held against', async () => {
    const id = await made();
    const answer = await change<Problem>(gateway, 'delete', at(id), null, { 'if-match': '"7"' });
    expect([answer.status, (answer.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'If-Match',
    ]);
    expect((await get(gateway, at(id))).status).toBe(200);
  });

  it('that only run elsewhere now are nothing new', async () => {
    const path = at('uipath:SmokeTest', '/versions/1.0.0');
    const { status, headers } = await change(gateway, 'patch', path, { active: true });
    expect([status, headers['location']]).toEqual([200, undefined]);
  });
});

describe('an operation', () => {
  it('is told of at once, waited for, and watched to its end', async () => {
    const id = newId();
    stage.sandbox('odsl').faults.add({
      method: 'POST',
      path: 'process/v1',
      times: 1,
      fault: { kind: 'latency', ms: 1_500 },
    });
    const answer = await change(gateway, 'put', at(id), configuration, {
      prefer: 'respond-async',
    });
    expect([answer.status, answer.body.final, answer.body.outcome]).toEqual([202, false, null]);
    const path = answer.headers['location'] ?? '';
    expect(path).toBe(`/v1/operations/${answer.body.id}`);
    const one = await Listener.open(`${gateway.baseUrl}${path}/events`);
    const both = await Listener.open(`${gateway.baseUrl}/v1/events?operation=${answer.body.id}`);
    const ended = await get<Operation>(gateway, `${path}?wait=30`);
    expect([ended.status, ended.body.status]).toEqual([200, 'succeeded']);
    await Promise.all([one.ended, both.ended]);
    for (const { events } of [one, both]) {
      expect(events.at(-1)?.event).toBe('end');
      expect(events[0]?.event).toBe('operation');
      expect(JSON.parse(events.at(-1)?.data ?? '{}')).toMatchObject({ status: 'succeeded' });
    }
    const back = await Listener.open(`${gateway.baseUrl}${path}/events`, {
      'last-event-id': one.events.at(-1)?.id ?? '',
    });
    expect(back.status).toBe(204);
    expect((await get(gateway, `/v1/operations/op-${randomUUID()}`)).status).toBe(404);
  });

  it('is found in the list by what it did, and its walk is stable', async () => {
    const ids = [await made(), await made(), await made()];
    const query = '/v1/operations?connection=odsl&kind=put_process&final=true&outcome=applied';
    const first = await get<Collection<Operation>>(gateway, `${query}&limit=2`);
    expect(first.body.data.map(({ process }) => process)).toEqual([ids[2], ids[1]]);
    await made();
    const { nextCursor } = first.body.page;
    const second = await get<Collection<Operation>>(
      gateway,
      `${query}&limit=1&cursor=${encodeURIComponent(nextCursor ?? '')}`,
    );
    expect(second.body.data.map(({ process }) => process)).toEqual([ids[0]]);
    const stranger = await get(gateway, '/v1/operations?connection=nowhere');
    expect([stranger.status, (stranger.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'connection',
    ]);
  });

  it('that the platform refused says so, with the status of its problem, and so does its replay', async () => {
    const id = await made();
    const key = newKey();
    stage.sandbox('odsl').faults.add({
      method: 'POST',
      path: 'process/v1',
      times: 1,
      fault: { kind: 'status', status: 422, headers: { 'x-odsl-error': '[5009] No: not now' } },
    });
    const next = { ...configuration, script: 'return 3' };
    const answer = await change<Problem>(gateway, 'put', at(id), next, key);
    expect([answer.status, answer.body.code, answer.body.outcome]).toEqual([
      422,
      'upstream_rejected',
      'rejected',
    ]);
    expect(answer.body.upstream).toMatchObject({ status: 422, code: '5009' });
    const operation = await operationOf(gateway, answer);
    expect([operation.status, operation.outcome]).toEqual(['failed', 'rejected']);
    const again = await change<Problem>(gateway, 'put', at(id), next, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([422, '?1']);
  });

  it('whose answer was lost after it was done is found to be done, and is not done twice', async () => {
    const id = newId();
    stage.sandbox('odsl').faults.add({
      method: 'POST',
      path: 'process/v1',
      times: 1,
      fault: { kind: 'resetAfterEffect' },
    });
    const answer = await change(gateway, 'put', at(id), configuration);
    expect([answer.status, answer.body.outcome]).toEqual([201, 'applied']);
    expect(effects('process.saved', id.slice('odsl:'.length))).toBe(1);
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

describe('a change that others overtake before it is sent', () => {
  it('has failed its condition where it named the version', async () => {
    const slow = await Stage.open();
    const config = { redis: { prefix: `${slow.prefix}.others` } };
    const [mine, theirs] = await Promise.all([
      slow.gateway(),
      slow.gateway({ config }),
      slow.worker({ config }),
    ]);
    try {
      const path = at('odsl:OVERTAKEN');
      await change(theirs, 'put', path, configuration);
      const headers = { 'if-match': '"1"' };
      const body = { ...configuration, script: 'return 2' };
      const queued = await change(mine, 'put', `${path}?wait=0`, body, headers);
      expect([queued.status, queued.body.phase]).toEqual([202, 'queued']);
      await change(theirs, 'put', path, { ...configuration, script: 'return 3' });
      await slow.worker();
      const { href } = queued.body.links.self;
      const ended = await get<Operation>(mine, `${href}?wait=20`);
      expect(ended.body).toMatchObject({
        status: 'failed',
        outcome: 'rejected',
        problem: { code: 'precondition_failed' },
      });
    } finally {
      await slow.close();
    }
  });
});
