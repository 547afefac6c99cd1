import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { endedLongAgo } from '../support/ended-long-ago.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';
import { ended, smokeTests, start } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';

jest.setTimeout(120_000);

/** Where the logs of a platform are read. */
const places = { concord: '/process/[^/]+/log', uipath: '/RobotLogs' } as const;

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open({ connection: { timeout: '5s' } });
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

const path = (id: string): string => `/v1/runs/${encodeURIComponent(id)}/log`;

async function endedRun(platform: keyof typeof places): Promise<string> {
  const process = (await smokeTests(gateway)).get(platform) ?? '';
  const { id } = await ended(gateway, (await start(gateway, process)).body.id);
  return id;
}

describe('a log that was read before', () => {
  let id = '';
  let size = 0;

  beforeAll(async () => {
    id = await endedRun('uipath');
    size = (await get(gateway, path(id))).text.length;
  });
  beforeEach(async () => {
    stage.sandbox('uipath').faults.add({ path: places.uipath, fault: { kind: 'hang' } });
    await eventually(async () => {
      expect(await part('bytes=0-9')).toMatchObject({ isStale: true });
    });
  });

  async function part(range: string, headers = {}): Promise<object> {
    const answer = await get(gateway, path(id), { range, ...headers });
    const { 'content-range': bytes, 'cache-status': state } = answer.headers;
    return { status: answer.status, bytes, isStale: state?.includes('stale-if-error') ?? false };
  }

  it('is given in parts while its platform hangs, without saying of how much', async () => {
    expect(await part('bytes=0-9')).toEqual({ status: 206, bytes: 'bytes 0-9/*', isStale: true });
  });

  it('is waited for where its platform has to be asked', async () => {
    const asked = part('bytes=0-9', { 'cache-control': 'no-cache' });
    const beyond = part(`bytes=${size}-`);
    await part('bytes=0-9');
    stage.sandbox('uipath').faults.clear();
    expect(await asked).toEqual({ status: 206, bytes: `bytes 0-9/${size}`, isStale: false });
    expect(await beyond).toEqual({ status: 416, bytes: `bytes */${size}`, isStale: false });
  });
});

it('who asks for what lies behind what is kept is told that nobody knows it now', async () => {
  const id = await endedRun('uipath');
  const size = (await get(gateway, path(id))).text.length;
  const range = `bytes=${size}-`;
  stage.sandbox('uipath').faults.add({
    path: places.uipath,
    fault: { kind: 'status', status: 503 },
  });
  await eventually(async () => {
    expectProblem(await get(gateway, path(id), { range }), 'upstream_unavailable');
  });
});

it.each(['concord', 'uipath'] as const)(
  'a follower who comes back while %s hangs is told the end only once that is known',
  async (platform) => {
    const id = await endedRun(platform);
    const size = (await get(gateway, path(id))).text.length;
    await endedLongAgo(stage, id);
    const follow = (): Promise<Listener> =>
      Listener.open(gateway.baseUrl + path(id), { 'last-event-id': String(size) });
    expect((await follow()).status).toBe(204);
    stage.sandbox(platform).faults.add({ path: places[platform], fault: { kind: 'hang' } });
    const followed = await eventually(async () => {
      const each = await follow();
      expect(each.status).toBe(200);
      return each;
    });
    stage.sandbox(platform).faults.clear();
    await followed.ended;
    expect(followed.events).toMatchObject([{ event: 'end', id: `${size}e` }]);
  },
);

it.each(['concord', 'uipath'] as const)(
  'a follower of a log that %s refuses to give is told so',
  async (platform) => {
    const id = await endedRun(platform);
    const fault = { kind: 'status', status: 403 } as const;
    stage.sandbox(platform).faults.add({ path: places[platform], fault });
    const answer = await get(gateway, path(id), { accept: 'text/event-stream' });
    expectProblem(answer, 'upstream_auth_failed');
  },
);
