import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { eventually } from '../support/eventually.ts';
import { get } from '../support/http.ts';
import { postTo, runOf, start } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';
import { ConcordStage, flowOf, patienceMs } from './gateway-stage.ts';
import { realServer, send } from './server.ts';

jest.setTimeout(2 * patienceMs);

let stage: ConcordStage;

beforeAll(async () => {
  stage = await ConcordStage.open({ concord: {} }, 1);
}, 60_000);
afterAll(() => stage.close());

const path = (id: string, rest: string): string => `/v1/runs/${encodeURIComponent(id)}/${rest}`;

async function begin(flow: string, input: object = {}): Promise<string> {
  const { status, body } = await start(stage, flowOf(flow), { input });
  expect(status).toBe(202);
  return body.id;
}

describe('the log of a run', () => {
  const lines = ['äöü', '日本語', '👩‍👩‍👧', 'x'.repeat(2_000), ...numbered(200)];
  let id = '';
  let followed: Listener;
  let whole: Buffer;

  beforeAll(async () => {
    id = await begin('chatter', { lines });
    followed = await Listener.open(`${stage.baseUrl}${path(id, 'log')}`);
    const { nativeId } = await stage.ended(id);
    await followed.ended;
    const { text } = await send(realServer(), {
      method: 'GET',
      path: `/api/v1/process/${nativeId ?? ''}/log`,
    });
    whole = Buffer.from(text);
  });

  async function bytes(range?: string): Promise<[status: number, range: string | null, Buffer]> {
    const headers: Record<string, string> = range === undefined ? {} : { range };
    const answer = await fetch(`${stage.baseUrl}${path(id, 'log')}`, { headers });
    const content = Buffer.from(await answer.arrayBuffer());
    return [answer.status, answer.headers.get('content-range'), content];
  }

  test('is what the server has, to the byte', async () => {
    expect(await bytes()).toEqual([200, null, whole]);
    for (const line of lines) expect(whole.toString('utf8')).toContain(line);
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=1-1', 1, 2],
    ['bytes=127-128', 127, 129],
    ['bytes=100-1999', 100, 2_000],
    ['bytes=150-', 150, null],
    ['bytes=-40', -40, null],
    ['bytes=0-99999999', 0, null],
  ] as const)('is given exactly for %s', async (range, from, to) => {
    const wanted = whole.subarray(from, to ?? whole.length);
    const first = from < 0 ? whole.length + from : from;
    expect(await bytes(range)).toEqual([
      206,
      `bytes ${first}-${first + wanted.length - 1}/${whole.length}`,
      wanted,
    ]);
  });

  test('is whole when it is put together from ranges that cut characters', async () => {
    const step = Math.ceil(whole.length / 40);
    const parts: Buffer[] = [];
    for (let from = 0; from < whole.length; from += step)
      parts.push((await bytes(`bytes=${from}-${from + step - 1}`))[2]);
    expect(Buffer.concat(parts)).toEqual(whole);
  });

  test('ends where it ends', async () => {
    const [status, range] = await bytes(`bytes=${whole.length}-`);
    expect([status, range]).toEqual([416, `bytes */${whole.length}`]);
  });

  test('was followed while it grew, without a gap', () => {
    expect(Buffer.from(textsOf(followed).join(''))).toEqual(whole);
    expect(textsOf(followed).length).toBeGreaterThan(1);
    const end = followed.events.at(-1);
    expect([end?.event, end?.data]).toEqual(['end', `{"size":${whole.length}}`]);
  });

  test('goes on for who comes back, until there is nothing more', async () => {
    const [first] = followed.events;
    const rest = await Listener.open(`${stage.baseUrl}${path(id, 'log')}`, {
      'last-event-id': first?.id ?? '',
    });
    await rest.ended;
    expect(Buffer.from(textsOf(rest).join(''))).toEqual(whole.subarray(Number(first?.id)));
    const over = await Listener.open(`${stage.baseUrl}${path(id, 'log')}`, {
      'last-event-id': rest.events.at(-1)?.id ?? '',
    });
    expect(over.status).toBe(204);
  });

  test('has files beside it', async () => {
    const { body } = await get<{ data: { name: string }[] }>(stage, path(id, 'attachments'));
    expect(body.data.map(({ name }) => name)).toContain('report.csv');
    const file = await fetch(`${stage.baseUrl}${path(id, 'attachments/report.csv')}`);
    expect(file.headers.get('content-disposition')).toContain('attachment; filename=report.csv');
    expect(await file.text()).toBe('total,42\n');
    expect((await get(stage, path(id, 'attachments/nope'))).status).toBe(404);
  });
});

describe('a run', () => {
  test('that fails has its reason, and can begin anew', async () => {
    const id = await begin('failure');
    const reason = { code: null, message: 'no such invoice' };
    const failed = { status: 'failed', final: true, outcome: 'applied', error: reason };
    expect(await stage.ended(id)).toMatchObject({ ...failed, attempt: 1 });
    const { status, body } = await postTo(stage, id, 'restart');
    expect(status).toBe(202);
    expect(body).toMatchObject({ final: false, attempt: 2, error: null });
    expect(await stage.ended(id)).toMatchObject({ ...failed, attempt: 2 });
  });

  test('is watched until its end', async () => {
    const id = await begin('default');
    const watched = await Listener.open(`${stage.baseUrl}${path(id, 'events')}`);
    await watched.ended;
    const shown = watched.events.map(({ data }) => JSON.parse(data) as Run);
    const revisions = shown.map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    expect(watched.events.at(-1)?.event).toBe('end');
    expect(shown.at(-1)).toEqual(await runOf(stage, id));
    expect(shown.at(-1)?.status).toBe('succeeded');
  });

  test('is stopped, and may be stopped again', async () => {
    const id = await begin('sleep', { seconds: 600 });
    await stage.until(id, ({ status }) => status === 'running');
    const { status, body } = await postTo(stage, id, 'cancel');
    expect(status).toBe(202);
    expect(['cancelling', 'cancelled']).toContain(body.status);
    expect(await stage.ended(id)).toMatchObject({ status: 'cancelled', outcome: 'applied' });
    const again = await postTo(stage, id, 'cancel');
    expect([again.status, again.body.status]).toEqual([202, 'cancelled']);
  });

  test('that waits for an event goes on with it', async () => {
    const id = await begin('waiting');
    const waiting = await stage.until(id, ({ status }) => status === 'suspended');
    expect(waiting.links.form).toBeNull();
    const wrong = await postTo<Problem>(stage, id, 'resume', { event: 'nope' });
    expect([wrong.status, wrong.body.code, wrong.body.outcome]).toEqual([
      409,
      'conflict',
      'rejected',
    ]);
    expect(wrong.body.detail).toContain('It waits for "go".');
    expect((await postTo(stage, id, 'resume', { event: 'go' })).status).toBe(202);
    expect(await stage.ended(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect((await get(stage, path(id, 'log'))).text).toContain('went on');
  });

  test('that waits for a person leads to the form', async () => {
    const id = await begin('approval');
    const { links, nativeId } = await stage.until(id, ({ status }) => status === 'suspended');
    expect(links.form?.href).toBe(`${realServer().url}/#/process/${nativeId ?? ''}/wizard`);
    await send(realServer(), {
      method: 'POST',
      path: `/api/v1/process/${nativeId ?? ''}/form/approval`,
      headers: { 'content-type': 'application/json' },
      body: '{"approved":true}',
    });
    // Who waits for a person is looked at once a minute; asked to, the gateway looks at once.
    const now = { 'cache-control': 'no-cache' };
    const run = await eventually(async () => {
      const { body } = await get<Run>(stage, `/v1/runs/${encodeURIComponent(id)}`, now);
      expect(body.final).toBe(true);
      return body;
    }, patienceMs);
    expect([run.status, run.links.form]).toEqual(['succeeded', null]);
  });
});

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `line number ${n}`);
}

/** What a follower of a log was told. */
function textsOf({ events }: Listener): string[] {
  const logs = events.filter(({ event }) => event === 'log');
  return logs.map(({ data }) => (JSON.parse(data) as { text: string }).text);
}
