import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import { sandboxCredentials } from '../../src/sandbox/kit/sandbox.ts';
import { sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { ended, postTo, runThat, start } from '../support/runs.ts';

jest.setTimeout(120_000);

const headers = { authorization: sandboxCredentials.clientSecret };
const exclusive = { group: 'statuses', mode: 'wait' };
/** The sandbox is of this process, so that its clock can be set; the gateway's cannot. */
const others = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
const immediate = ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] as const;

let stage: Stage;
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  ({ url } = stage.sandbox('concord'));
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => stage.close());

/** Starts a flow on the server itself. */
async function begin(entryPoint: string, request: object = {}): Promise<string> {
  const body = new FormData();
  const fields = { org: 'Default', project: 'platform-checks', repo: 'main', entryPoint };
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  body.set('request', new Blob([JSON.stringify(request)], { type: 'application/json' }));
  const answer = await fetch(`${url}/api/v1/process`, { method: 'POST', headers, body });
  return ((await answer.json()) as { instanceId: string }).instanceId;
}

async function ask<T>(path: string, method = 'GET'): Promise<T> {
  const answer = await fetch(`${url}/api/v1/process/${path}`, { method, headers });
  return (answer.status === 204 ? null : await answer.json()) as T;
}

describe('the status of a run of Concord', () => {
  it('is told in its words and in ours, through all twelve', async () => {
    const from = Date.now();
    jest.useFakeTimers({
      now: from,
      doNotFake: [...others, ...immediate, 'performance', 'hrtime'],
    });
    const after = (ms: number): void => {
      jest.setSystemTime(from + ms);
    };
    const seen: string[] = [];
    const look = async (id: string): Promise<void> => {
      const { status } = await ask<{ status: string }>(id);
      const { body } = await get<Run>(gateway, `/v1/runs/concord:${id}`, {
        'cache-control': 'no-cache',
      });
      expect(body.upstreamStatus).toBe(status);
      seen.push(`${status} ${body.status}`);
    };
    const first = await begin('sleep', { exclusive, arguments: { seconds: 5 } });
    const second = await begin('waiting', { exclusive });
    const third = await begin('sleep', { processTimeout: 'PT1S' });
    const fourth = await begin('failure');
    const fifth = await begin('waiting');
    for (const ms of [30, 150, 300, 500, 1_500]) {
      after(ms);
      await look(first);
    }
    await look(second);
    expect(await ask(`${second}/waits`)).toEqual({
      isWaiting: true,
      waits: [expect.objectContaining({ type: 'PROCESS_COMPLETION', processes: [first] })],
    });
    after(9_000);
    for (const id of [first, second, third, fourth]) await look(id);
    expect(await ask(`${second}/waits`)).toEqual({ isWaiting: false });
    await ask(`${second}/resume/go`, 'POST');
    after(9_050);
    await look(second);
    await ask(fifth, 'DELETE');
    await look(fifth);
    expect(seen).toEqual([
      'NEW queued',
      'PREPARING queued',
      'ENQUEUED queued',
      'STARTING running',
      'RUNNING running',
      'WAITING queued',
      'FINISHED succeeded',
      'SUSPENDED suspended',
      'TIMED_OUT timed_out',
      'FAILED failed',
      'RESUMING running',
      'CANCELLED cancelled',
    ]);
  });
});

describe('a run of Concord whose group is busy', () => {
  const held = async (): Promise<Run> => {
    const { status, body } = await sendForm<Run>(gateway, '/v1/runs', [
      ['process', 'concord:Default:platform-checks:main:Smoke%20test'],
      ['request', JSON.stringify({ exclusive })],
    ]);
    expect(status).toBe(202);
    return runThat(gateway, body.id, ({ upstreamStatus }) => upstreamStatus === 'WAITING');
  };
  const busy = (): Promise<string> => begin('sleep', { exclusive, arguments: { seconds: 60 } });

  it('is queued until the others have ended, one after the other', async () => {
    const before = await busy();
    const [run, next] = [await held(), await held()];
    expect([run.status, next.status]).toEqual(['queued', 'queued']);
    await ask(before, 'DELETE');
    const [one, two] = await Promise.all([ended(gateway, run.id), ended(gateway, next.id)]);
    expect([one.status, two.status]).toEqual(['succeeded', 'succeeded']);
    expect(Date.parse(two.startedAt ?? '')).toBeGreaterThan(Date.parse(one.finishedAt ?? ''));
  });

  it('is stopped at once, and holds up no others', async () => {
    const before = await busy();
    const run = await held();
    expect((await postTo(gateway, run.id, 'cancel')).status).toBeLessThan(300);
    expect((await ended(gateway, run.id)).status).toBe('cancelled');
    const free = 'concord:Default:platform-checks:main:Smoke%20test';
    const other = (await start(gateway, free)).body;
    expect((await ended(gateway, other.id)).status).toBe('succeeded');
    await ask(before, 'DELETE');
  });
});
