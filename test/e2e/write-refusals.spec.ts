import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Problem } from '../../src/http/problem.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, send } from '../support/http.ts';
import { ended, newKey, postTo, runOf, runThat, smokeTests, start } from '../support/runs.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;
let smoke: Map<string, string>;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  smoke = await smokeTests(gateway);
});
afterAll(() => stage.close());

const failing = { kind: 'status', status: 503 } as const;
const told = ({ status, body }: Answer<Problem>): unknown[] => [status, body.code, body.outcome];

describe('a start that is not accepted', () => {
  it.each([
    ['of no connection', 'nowhere:NeverMade', '', {}, 404, 'not_found'],
    ['of no process', 'uipath:NeverMade', '', {}, 404, 'not_found'],
    ['of what can be no process', 'frends:x', '', { surprise: 1 }, 404, 'not_found'],
    ['with a query that is wrong', 'uipath:SmokeTest', '?wait=x', {}, 400, 'invalid_request'],
    ['with a body that is wrong', 'uipath:NeverMade', '', { x: 1 }, 400, 'invalid_request'],
  ])('%s was not sent', async (_, process, query, body, status, code) => {
    const path = `/v1/processes/${encodeURIComponent(process)}/runs${query}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await send(gateway, 'post', path, { headers, body: JSON.stringify(body) });
    expect(told(answer)).toEqual([status, code, 'not_sent']);
  });

  it('with a preference that is wrong was not sent', async () => {
    const prefer = { prefer: 'wait=soon' };
    const answer = await start<Problem>(gateway, smoke.get('uipath') ?? '', null, prefer);
    expect(told(answer)).toEqual([400, 'invalid_request', 'not_sent']);
  });

  it('as its platform cannot be asked was not sent, and its key is free', async () => {
    const process = smoke.get('uipath') ?? '';
    const key = newKey();
    stage.sandbox('uipath').faults.add({ method: 'GET', path: 'odata', fault: failing });
    const away = await start<Problem>(gateway, process, {}, key);
    stage.forget();
    expect(told(away)).toEqual([503, 'upstream_unavailable', 'not_sent']);
    const again = await start(gateway, process, {}, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, undefined]);
  });

  it.each([
    ['process=concord:Default:nolist:main:x', 404, 'not_found'],
    ['process=concord:Default:nolist:main:x&wait=x', 400, 'invalid_request'],
    ['connection=nowhere', 404, 'not_found'],
    ['connection=frends', 501, 'capability_not_supported'],
  ])('with a file and ?%s was not sent', async (query, status, code) => {
    const headers = { 'content-type': 'application/zip' };
    const body = 'PK\u0003\u0004';
    const answer = await send(gateway, 'post', `/v1/runs?${query}`, { headers, body });
    expect(told(answer)).toEqual([status, code, 'not_sent']);
  });
});

describe('what is to be done with a run', () => {
  it.each(['cancel', 'restart', 'resume', 'resolve'])(
    'as %s is 404 where there is none, before it is 400',
    async (what) => {
      const none = 'uipath:r-00000000-0000-7000-8000-000000000009';
      const answer = await postTo<Problem>(gateway, none, what, { nonsense: 1 });
      expect(told(answer)).toEqual([404, 'not_found', 'not_sent']);
      const odd = await postTo<Problem>(gateway, none, `${what}?x=1`, {});
      expect(told(odd)).toEqual([404, 'not_found', 'not_sent']);
    },
  );

  it.each([
    ['by the gateway', '/api/v2/process/'],
    ['by its platform’s part', '/api/v2/process/[0-9a-f-]+$'],
  ])('is not sent when the run cannot be read first %s', async (_, path) => {
    const { body } = await start(gateway, smoke.get('concord') ?? '');
    const run = await ended(gateway, body.id);
    stage.forget();
    stage.sandbox('concord').faults.add({ method: 'GET', path, fault: failing });
    const key = newKey();
    const away = await postTo<Problem>(gateway, run.id, 'restart', {}, key);
    const posts = stage
      .sandbox('concord')
      .requests()
      .filter((each) => each.startsWith('POST'));
    stage.forget();
    expect(told(away)).toEqual([503, 'upstream_unavailable', 'not_sent']);
    expect(posts).toEqual([]);
    const { status, final, attempt } = await runOf(gateway, run.id);
    expect([status, final, attempt]).toEqual(['succeeded', true, 1]);
    const again = await postTo(gateway, run.id, 'restart', {}, key);
    expect([again.status, again.body.attempt]).toEqual([202, 2]);
    await ended(gateway, run.id);
  });

  it('and was done is told of again by what is known, though its platform is away', async () => {
    const { body } = await start(gateway, smoke.get('concord') ?? '');
    const { id, nativeId } = await runThat(gateway, body.id, (run) => run.nativeId !== null);
    const forget = async (what: string): Promise<void> => {
      const keys = await stage.redis.keys(`${stage.prefix}:*${what}*`);
      expect(keys).not.toEqual([]);
      await stage.redis.unlink(...keys);
    };
    // Nobody here has started it, as it seems then.
    await forget(id);
    await forget(`:alias:${nativeId ?? ''}`);
    const foreign = `concord:${nativeId ?? ''}`;
    const key = newKey();
    const first = await postTo(gateway, foreign, 'cancel', {}, key);
    expect([first.status, first.body.id]).toEqual([202, foreign]);
    stage.sandbox('concord').faults.add({ method: 'GET', path: '/api', fault: failing });
    const replay = await postTo(gateway, foreign, 'cancel', {}, key);
    expect([replay.status, replay.headers['idempotency-replayed']]).toEqual([202, '?1']);
    await forget(`{${foreign}}`);
    expect(told(await postTo<Problem>(gateway, foreign, 'cancel', {}, key))).toEqual([
      503,
      'store_unavailable',
      'applied',
    ]);
    stage.forget();
  });
});
