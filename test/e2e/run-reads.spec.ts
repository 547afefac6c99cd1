import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { get as request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { list, send } from '../support/http.ts';
import { ended, runOf, runThat, smokeTests, start } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';

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

const urlOf = (id: string, rest: string): string =>
  `${gateway.baseUrl}/v1/runs/${encodeURIComponent(id)}/${rest}`;

/** What lists show of the runs of Concord, just walked. */
async function listedRuns(query = ''): Promise<readonly Run[]> {
  const path = `/v1/runs?connection=concord&limit=20${query}`;
  const init = { headers: { 'cache-control': 'no-cache' } };
  const { body } = await send<{ data: Run[] }>(gateway, 'get', path, init);
  return body.data;
}

describe("a platform's own JSON", () => {
  it('is whole for one run, also of its end, and slim in a list, whoever has read it', async () => {
    const { body } = await start(gateway, smoke.get('concord') ?? '');
    const run = await runOf(gateway, body.id, '?include=native&wait=40');
    expect([run.final, run.native?.['status']]).toEqual([true, 'FINISHED']);
    expect(run.native).toHaveProperty('statusHistory');
    expect((await runOf(gateway, body.id, '?include=native')).native).toEqual(run.native);
    const listed = (await listedRuns('&include=native')).find(({ id }) => id === body.id);
    expect(listed?.native).toMatchObject({ projectName: run.native?.['projectName'] });
    expect(listed?.native).not.toHaveProperty('statusHistory');
  });
});

describe('a fork', () => {
  it('is a run of its own, and leaves its original as it has ended', async () => {
    const { body } = await start(gateway, smoke.get('concord') ?? '');
    const original = await ended(gateway, body.id);
    const headers = { 'content-type': 'application/json', authorization: 'sandbox-secret' };
    const path = `/api/v1/process/${original.nativeId ?? ''}/fork`;
    const init = { method: 'POST', headers, body: '{}' };
    const answer = await fetch(stage.sandbox('concord').url + path, init);
    const id = `concord:${((await answer.json()) as { instanceId: string }).instanceId}`;
    const ids = await eventually(async () => {
      const found = (await listedRuns()).map((each) => each.id);
      if (!found.includes(id)) throw new Error(`not yet: ${found.join()}`);
      return found;
    });
    expect(ids).toContain(original.id);
    expect(await ended(gateway, id)).toMatchObject({ id, final: true, outcome: null });
    await listedRuns();
    expect(await runOf(gateway, original.id)).toEqual(original);
  });
});

describe('a run that others have started', () => {
  const executions = '/api/process-exec/v1';

  async function begunByOthers(): Promise<string> {
    const { url } = stage.sandbox('odsl');
    const headers = { authorization: 'Bearer sandbox-token' };
    const body = JSON.stringify({ name: 'SMOKE_TEST', input: { durationMs: 600_000 } });
    await fetch(url + executions, { method: 'POST', headers, body });
    const newest = await fetch(`${url}${executions}?name=SMOKE_TEST&_limit=1`, { headers });
    const [execution] = (await newest.json()) as { _id: string }[];
    return execution?._id ?? '';
  }

  it('costs its platform next to nothing more, however many read and watch it', async () => {
    const nativeId = await begunByOthers();
    const id = `odsl:${nativeId}`;
    expect((await runOf(gateway, id)).final).toBe(false);
    const reads = (): number =>
      stage
        .sandbox('odsl')
        .requests()
        .filter((each) => each.includes(nativeId)).length;
    stage.forget();
    await Promise.all(Array.from({ length: 40 }, () => runOf(gateway, id)));
    expect(reads()).toBeLessThan(10);
    stage.forget();
    const watchers = await Promise.all(
      Array.from({ length: 40 }, () => Listener.open(urlOf(id, 'events?for=1'))),
    );
    await Promise.all(watchers.map((watcher) => watcher.ended));
    for (const { events } of watchers) expect(events.length).toBeGreaterThan(0);
    expect(reads()).toBeLessThan(10);
  });
});

describe('the events of a run', () => {
  it('go on with how it stands once what was missed is not kept any more', async () => {
    const flow = (await list(gateway, '?connection=concord&name=sleep')).body.data[0]?.id ?? '';
    const { id } = (await start(gateway, flow, { input: { seconds: 60 } })).body;
    const { revision } = await runThat(gateway, id, ({ status }) => status === 'running');
    expect(revision).toBeGreaterThan(1);
    await stage.redis.unlink(`${stage.prefix}:run:{${id}}:events`);
    const listener = await Listener.open(urlOf(id, 'events'), { 'last-event-id': '1' });
    await eventually(() => {
      expect(listener.events.length).toBeGreaterThan(0);
    });
    listener.close();
    const [event] = listener.events;
    expect([event?.event, event?.id]).toEqual(['run', String(revision)]);
    expect((JSON.parse(event?.data ?? '') as Run).status).toBe('running');
  });
});

describe('a log that its platform gives slowly, or not at all', () => {
  const logs = (): number =>
    stage
      .sandbox('uipath')
      .requests()
      .filter((each) => each.includes('RobotLogs')).length;

  it('is the same for whoever asks while it is read', async () => {
    const { id } = await ended(gateway, (await start(gateway, smoke.get('uipath') ?? '')).body.id);
    stage.forget();
    stage
      .sandbox('uipath')
      .faults.add({ path: 'RobotLogs', times: 1, fault: { kind: 'latency', ms: 1_500 } });
    const first = fetch(urlOf(id, 'log'));
    await eventually(() => {
      expect(logs()).toBe(1);
    });
    const [one, other] = await Promise.all([first, fetch(urlOf(id, 'log'))]);
    const [text, same] = [await one.text(), await other.text()];
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(text.length).toBeGreaterThan(200);
    expect(same).toBe(text);
    expect(logs()).toBe(1);
  });

  it('is not empty because it could not be read', async () => {
    const { id } = await ended(gateway, (await start(gateway, smoke.get('uipath') ?? '')).body.id);
    stage
      .sandbox('uipath')
      .faults.add({ path: 'RobotLogs', fault: { kind: 'status', status: 500 } });
    for (let asked = 0; asked < 2; asked += 1)
      expect((await fetch(urlOf(id, 'log'))).status).toBeGreaterThanOrEqual(500);
    stage.forget();
    await eventually(async () => {
      const answer = await fetch(urlOf(id, 'log'));
      expect(answer.status).toBe(200);
      expect((await answer.text()).length).toBeGreaterThan(200);
    });
  });
});

describe('a long log', () => {
  it('is followed whole by who does not read for a while', async () => {
    const input = { logBytes: 30_000_000 };
    const { id } = (await start(gateway, smoke.get('concord') ?? '', { input })).body;
    await ended(gateway, id);
    const asked = request(urlOf(id, 'log'), { headers: { accept: 'text/event-stream' } });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await sleep(1_000);
    let size = 0;
    let end = '';
    for await (const piece of answer as AsyncIterable<Buffer>) {
      size += piece.length;
      end = (end + piece.toString('latin1')).slice(-200);
    }
    expect(size).toBeGreaterThan(30_000_000);
    expect(end).toContain('event: end');
  });
});
