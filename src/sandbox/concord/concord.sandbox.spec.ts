import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, sandboxCredentials, startSandbox } from '../kit/sandbox.ts';
import { concordSandbox, concordSandboxWith } from './concord.sandbox.ts';
import { readLog } from './log.ts';
import { killMs, statusOf, stop } from './run.ts';
import { seedConcord } from './seed.ts';
import type { Run } from './state.ts';

const authorization = sandboxCredentials.clientSecret;
const json = 'application/json';

async function call(
  url: string,
  method: string,
  path: string,
  body?: FormData | string,
): Promise<Response> {
  const headers = { authorization, ...(typeof body === 'string' ? { 'content-type': json } : {}) };
  return fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
}

async function start(url: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const form = new FormData();
  const all = { org: 'Default', project: 'platform-checks', repo: 'main', ...fields };
  for (const [name, value] of Object.entries(all)) form.set(name, value);
  const answer = await call(url, 'POST', '/api/v1/process', form);
  const { instanceId } = (await answer.json()) as { instanceId: string };
  return instanceId;
}

async function entry(url: string, id: string): Promise<Record<string, unknown>> {
  const answer = await call(url, 'GET', `/api/v2/process/${id}`);
  return (await answer.json()) as Record<string, unknown>;
}

async function until(url: string, id: string, status: string, patienceMs = 5_000): Promise<void> {
  for (const end = Date.now() + patienceMs; (await entry(url, id))['status'] !== status;) {
    if (Date.now() > end) throw new Error(`the run does not become ${status}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

describe('the Concord sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox(concordSandbox);
  });
  afterAll(() => sandbox.close());

  test('runs the smoke test within five seconds, with a log of more than 200 bytes', async () => {
    const id = await start(sandbox.url, { entryPoint: 'Smoke test' });
    await until(sandbox.url, id, 'FINISHED');
    const log = await call(sandbox.url, 'GET', `/api/v1/process/${id}/log`);
    expect((await log.text()).length).toBeGreaterThan(200);
  });

  test('records what happens, once', async () => {
    const before = sandbox.ledger().length;
    const id = await start(sandbox.url, { entryPoint: 'sleep' });
    await call(sandbox.url, 'DELETE', `/api/v1/process/${id}`);
    await call(sandbox.url, 'DELETE', `/api/v1/process/${id}`);
    await until(sandbox.url, id, 'CANCELLED');
    const effects = sandbox.ledger().slice(before);
    expect(effects.map(({ effect, details }) => [effect, details['id']])).toEqual([
      ['run.started', id],
      ['run.stopped', id],
    ]);
  });

  test('tells the requirements of the runs that have a status, the oldest first', async () => {
    const ids = [
      await start(sandbox.url, { entryPoint: 'approval' }),
      await start(sandbox.url, { entryPoint: 'waiting' }),
    ];
    for (const id of ids) await until(sandbox.url, id, 'SUSPENDED');
    const path = '/api/v2/process/requirements?status=SUSPENDED';
    const told = (await (await call(sandbox.url, 'GET', path)).json()) as object[];
    const entries = await Promise.all(ids.map((id) => entry(sandbox.url, id)));
    expect(told.slice(-ids.length)).toEqual(
      entries.map(({ instanceId, createdAt }) => ({ instanceId, createdAt })),
    );
    const [first] = told;
    expect(await (await call(sandbox.url, 'GET', `${path}&limit=1`)).json()).toEqual([first]);
  });

  test('runs a flow that only another branch has', async () => {
    const fields = { entryPoint: 'Brand new', repoBranchOrTag: 'feature' };
    const id = await start(sandbox.url, fields);
    await until(sandbox.url, id, 'FINISHED');
    expect(await entry(sandbox.url, id)).toMatchObject({ commitBranch: 'feature' });
  });

  test('ends what takes longer than it may', async () => {
    const id = await start(sandbox.url, { entryPoint: 'sleep', processTimeout: 'PT1S' });
    await until(sandbox.url, id, 'TIMED_OUT');
  });

  test('takes new organizations, projects and repositories, and loses them again', async () => {
    const org = '/api/v1/org/Warehouse/project';
    await call(sandbox.url, 'POST', '/api/v1/org', '{"name":"Warehouse"}');
    await call(sandbox.url, 'POST', org, '{"name":"picking"}');
    const repository =
      '{"name":"main","url":"https://git.example.com/x.git","branch":"main","disabled":true}';
    await call(sandbox.url, 'POST', `${org}/picking/repository`, repository);
    const listed = await call(sandbox.url, 'GET', `${org}/picking/repository`);
    expect(await listed.json()).toMatchObject([{ name: 'main', disabled: true }]);
    await call(sandbox.url, 'DELETE', `${org}/picking`);
    expect(await (await call(sandbox.url, 'GET', org)).json()).toEqual([]);
  });
});

describe('a server of another release', () => {
  test.each([
    ['2.16.0', 200],
    ['2.23.0', 200],
    ['2.24.0', 500],
    ['2.44.0', 500],
  ])('%s answers the starts of 2017 with %s, and the form always', async (version, status) => {
    const sandbox = await startSandbox(concordSandboxWith({ version }));
    const path = '/api/v1/process/platform-checks:main:default';
    const answer = await call(sandbox.url, 'POST', path, '{}');
    expect(answer.status).toBe(status);
    if (status === 500)
      expect(await answer.text()).toBe('This API endpoint is no longer supported.');
    expect(await start(sandbox.url, { entryPoint: 'default' })).toMatch(/^[0-9a-f-]{36}$/);
    await sandbox.close();
  });
});

describe('the state', () => {
  test('outlives the server: a run goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'concord-'));
    const file = join(folder, 'state.json');
    const first = await startSandbox(concordSandbox, { file });
    const id = await start(first.url, { entryPoint: 'approval' });
    await until(first.url, id, 'SUSPENDED');
    await first.close();
    const second = await startSandbox(concordSandbox, { file });
    const form = `/api/v1/process/${id}/form/approval`;
    await call(second.url, 'POST', form, '{"approved":true}');
    await until(second.url, id, 'FINISHED');
    await second.close();
    rmSync(folder, { recursive: true });
  });

  test.each([12, 30, 500, 20_000])('has %i processes when asked for so many', (size) => {
    const { projects, repositories } = seedConcord(size);
    const own = projects.find(({ organization }) => organization === 'ConcordSystem');
    const company = repositories.filter(({ projectId }) => projectId !== own?.id);
    const flows = company.map(({ file }) => Math.max(Object.keys(file.flows).length, 1));
    expect(flows.reduce((sum, count) => sum + count, 0)).toBe(size);
  });

  test('is the same for the same size', () => {
    expect(seedConcord(200)).toEqual(seedConcord(200));
  });
});

describe('a run', () => {
  const steps = [
    { log: 'one' },
    { task: 'sleep', in: { duration: 2 } },
    { form: 'approval', fields: [{ approved: { type: 'boolean' } }] },
    { log: 'ü ${approval.approved}' },
  ];
  const runOf = (): Run => ({
    id: 'b57ee13f-fd08-46e9-8801-eb99d7f40796',
    requestId: 'b57ee13f-fd08-46e9-8801-eb99d7f40797',
    initiator: 'admin',
    parentInstanceId: null,
    organization: null,
    project: null,
    repository: null,
    asked: null,
    flow: 'main',
    steps,
    hasFile: true,
    refusal: null,
    arguments: {},
    out: [],
    tags: [],
    meta: {},
    startAtMs: null,
    timeoutMs: null,
    attachments: {},
    attempts: [{ startMs: 0, submissions: [], cancelMs: null }],
    disabled: false,
  });
  const time = fc.integer({ min: 0, max: 12_000 });

  test('only ever adds to its log, whenever it is answered or stopped', () => {
    fc.assert(
      fc.property(fc.array(time, { maxLength: 12 }), time, time, (looks, answerAt, stopAt) => {
        const run = runOf();
        let seen: Buffer = Buffer.alloc(0);
        for (let now = 0, index = 0; index < looks.length; index += 1) {
          now += looks[index] ?? 0;
          if (now > answerAt && statusOf(run, now) === 'SUSPENDED')
            run.attempts[0]?.submissions.push({ atMs: now, values: { approved: true } });
          if (now > stopAt) stop(run, now);
          const { content } = readLog(run, now, null);
          expect(content.subarray(0, seen.length).equals(seen)).toBe(true);
          seen = content;
        }
      }),
    );
  });

  test('gives the parts of its log so that they join without a gap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (step) => {
        const run = runOf();
        const whole = readLog(run, 60_000, null);
        const parts: Buffer[] = [];
        for (let at = 0; at < whole.size;) {
          const part = readLog(run, 60_000, null, `bytes=${at}-${at + step}`);
          expect(part.start).toBeLessThanOrEqual(at);
          parts.push(part.content.subarray(at - part.start));
          at = part.end;
        }
        expect(Buffer.concat(parts).equals(whole.content)).toBe(true);
      }),
    );
  });

  test('that is stopped while it runs ends when the agent hears of it', () => {
    const run = runOf();
    expect(statusOf(run, 1_500)).toBe('RUNNING');
    expect(stop(run, 1_500)).toBe(true);
    expect(statusOf(run, 1_500)).toBe('RUNNING');
    expect(statusOf(run, 1_500 + killMs)).toBe('CANCELLED');
    expect(stop(run, 9_000)).toBe(false);
  });
});
