import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { runOf, smokeTests, start } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;
let smokeTest: string;

// Without a worker nothing is sent: whoever waits for a run waits on.
beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  smokeTest = (await smokeTests(gateway)).get('concord') ?? '';
});
afterAll(() => stage.close());

describe('who waits for a run when the gateway is stopped', () => {
  it('is answered at once with what stands', async () => {
    const { id } = (await start(gateway, smokeTest)).body;
    const path = `/v1/runs/${encodeURIComponent(id)}`;
    const events = await Listener.open(`${gateway.baseUrl}${path}/events`);
    const waiting = [
      start(gateway, smokeTest, {}, { prefer: 'wait=60' }).then((answer) => [
        answer.status,
        answer.body.status,
        answer.headers['location'],
      ]),
      fetch(`${gateway.baseUrl}${path}?wait=60`).then(async (answer) => [
        answer.status,
        ((await answer.json()) as Run).status,
      ]),
      fetch(`${gateway.baseUrl}${path}/log`, { headers: { accept: 'text/event-stream' } }).then(
        (answer) => answer.text(),
      ),
    ];
    await eventually(async () => {
      expect(await stage.redis.zcard(`${stage.prefix}:run:open`)).toBe(2);
    });
    expect((await runOf(gateway, id)).status).toBe('queued');
    const stopped = gateway.stop();
    expect(await waiting[0]).toEqual([202, 'queued', expect.stringMatching(/^\/v1\/runs\//)]);
    expect(await waiting[1]).toEqual([200, 'queued']);
    await Promise.all([...waiting, events.ended]);
    await stopped;
  });
});
