import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../kit/sandbox.ts';
import { odslSandbox } from './odsl.sandbox.ts';

type Json = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function send(
  url: string,
  method: string,
  path: string,
  changes: { readonly body?: object; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: 'Bearer sandbox-token', ...changes.headers },
    ...(changes.body === undefined ? {} : { body: JSON.stringify(changes.body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}

describe('the OpenDataDSL sandbox', () => {
  let sandbox: Sandbox;
  const process = (method: string, path: string, body?: object): Promise<Answer> =>
    send(sandbox.url, method, `/api/process/v1${path}`, body === undefined ? {} : { body });
  const executions = (method: string, path: string, body?: object): Promise<Answer> =>
    send(sandbox.url, method, `/api/process-exec/v1${path}`, body === undefined ? {} : { body });
  const effects = (): string[] => sandbox.ledger().map((each) => each.effect);
  const versions = async (key: string): Promise<Json[]> =>
    (await process('GET', `/${key}/*`)).body as Json[];

  beforeAll(async () => {
    sandbox = await startSandbox(odslSandbox);
  });
  afterEach(() => {
    sandbox.reset();
  });
  afterAll(async () => {
    await sandbox.close();
  });

  test('runs the smoke test without input to its end within five seconds, with a log', async () => {
    const start = Date.now();
    const started = await executions('POST', '?_reason=a%20test', { name: 'SMOKE_TEST' });
    expect(started).toMatchObject({ status: 200, body: {} });
    const seen = new Set<unknown>();
    let log: Json = {};
    while (log['status'] !== 'success' && Date.now() - start < 10_000) {
      const { body } = await executions('GET', '?name=SMOKE_TEST&trigger=manual&_limit=1');
      log = (body as Json[])[0] ?? {};
      seen.add(log['status']);
      await new Promise((done) => setTimeout(done, 50));
    }
    const ran = Date.parse(String(log['end'])) - Date.parse(String(log['start']));
    expect(ran).toBeLessThan(5_000);
    expect([...seen]).toEqual(['triggered', 'running', 'success']);
    expect(log).toMatchObject({ name: 'SMOKE_TEST', reason: 'a test', trigger: 'manual' });
    const lines = (log['phases'] as { log: string[] }[]).flatMap((phase) => phase.log);
    expect(lines.join('\n').length).toBeGreaterThan(200);
    const one = await executions('GET', `/${String(log['_id'])}`);
    expect(one.body).toEqual(log);
    expect(sandbox.ledger()).toMatchObject([
      { effect: 'run.started', details: { id: log['_id'], process: 'SMOKE_TEST' } },
    ]);
  }, 20_000);

  test('keeps a ledger of what really happened, until it is reset', async () => {
    await process('POST', '', { _id: 'FX', script: 'Fx' });
    await process('POST', '', { _id: 'FX', script: 'Fx', description: 'new' });
    await process('PUT', '/FX/1/PROD');
    await process('DELETE', '/FX?_reason=back');
    await process('PUT', '/FX', { _id: 'FX2' });
    await process('DELETE', '/FX2/*');
    expect(effects()).toEqual([
      'process.saved',
      'process.saved',
      'process.tagged',
      'process.rolledBack',
      'process.renamed',
      'process.deleted',
    ]);
    const audit = await send(sandbox.url, 'GET', '/api/audit/v1/private?service=process&id=FX');
    expect((audit.body as Json[])[1]).toMatchObject({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      action: 'delete',
      reason: 'back',
    });
    await process('DELETE', '/SMOKE_TEST/*');
    sandbox.reset();
    expect(effects()).toEqual([]);
    expect((await process('GET', '/SMOKE_TEST')).status).toBe(200);
    expect((await process('GET', '/FX2')).status).toBe(404);
  });

  test('makes no version of what is the same, nor an effect of what is refused', async () => {
    const { body } = await process('GET', '/SMOKE_TEST');
    expect((await process('POST', '', body as object)).body).toEqual(body);
    expect((await process('DELETE', '/SMOKE_TEST/7')).status).toBe(404);
    expect((await process('PUT', '/SMOKE_TEST', { _id: 'INVOICE_INTAKE' })).status).toBe(400);
    expect(effects()).toEqual([]);
  });

  test('rolls back one version at a time, and the last one takes the process with it', async () => {
    await process('POST', '', { _id: 'FX', script: 'Fx' });
    await process('POST', '', { _id: 'FX', script: 'Fx', description: 'new' });
    expect((await versions('FX')).map(({ id, version }) => [id, version])).toEqual([
      ['FX', '2'],
      [expect.stringMatching(/^[0-9a-f]{24}$/), '1'],
    ]);
    await process('DELETE', '/FX');
    expect(await versions('FX')).toMatchObject([{ id: 'FX', version: '1' }]);
    await process('DELETE', '/FX');
    expect((await process('GET', '/FX')).status).toBe(404);
  });

  test('tags move, and `~LATEST` is the newest', async () => {
    for (const description of ['a', 'b', 'c'])
      await process('POST', '', { _id: 'FX', script: 'Fx', description });
    await process('PUT', '/FX/1/PROD');
    await process('PUT', '/FX/2/PROD');
    expect((await versions('FX')).map(({ tags }) => tags)).toEqual([[], ['PROD'], []]);
    expect((await process('GET', '/FX/PROD')).body).toMatchObject({ _version: 2, _tag: ['PROD'] });
    expect((await process('GET', '/FX/~LATEST')).body).toMatchObject({ _version: 3 });
  });

  test('has environments of their own', async () => {
    const uat = { 'x-odsl-environment': 'uat' };
    const listed = await send(sandbox.url, 'GET', '/api/process/v1', { headers: uat });
    expect(listed.body).toHaveLength(5);
    const saving = { headers: uat, body: { _id: 'FX', script: 'Fx' } };
    await send(sandbox.url, 'POST', '/api/process/v1', saving);
    expect((await process('GET', '/FX')).status).toBe(404);
    expect(sandbox.ledger()).toMatchObject([{ details: { environment: 'uat' } }]);
  });

  test('pages by `_limit` and `_skip`, tells the total, sorts, filters and searches', async () => {
    const page = await process('GET', '?_limit=5&_skip=20&_sort=-name');
    expect(page.headers.get('x-total-count')).toBe('24');
    expect(page.body).toHaveLength(4);
    const all = await process('GET', '?_limit=-1');
    expect(all.headers.get('x-total-count')).toBeNull();
    expect(all.body).toHaveLength(24);
    const distinct = (await process('GET', '?_distinct=service')).body as string[];
    expect(distinct.sort()).toEqual(['ETL', 'QUALITY', 'REPORT']);
    const found = (await process('GET', '?_search=invoice&_project=name')).body as Json[];
    expect(found.map((each) => Object.keys(each))).toEqual(found.map(() => ['_id', 'name']));
    expect((await process('GET', '?tags=smoke')).body).toMatchObject([{ _id: 'SMOKE_TEST' }]);
    expect((await process('GET', '?no_such_field=1')).body).toEqual([]);
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'takes %s for a name like any other',
    async (name) => {
      expect((await process('GET', `/${name}`)).status).toBe(404);
      expect((await process('GET', `/SMOKE_TEST/${name}`)).status).toBe(404);
      if (!name.startsWith('_')) expect((await process('GET', `?${name}=x`)).body).toEqual([]);
      expect((await process('DELETE', `/${name}/*`)).status).toBe(404);
      await send(sandbox.url, 'POST', '/api/process/v1', {
        headers: { 'x-odsl-environment': name },
        body: { _id: name, script: 'Fx' },
      });
      await process('POST', '', JSON.parse(`{"_id": "${name}", "script": "Fx"}`) as object);
      await process('PUT', `/${name}/1/${name}`);
      expect((await process('GET', `/${name}/${name}`)).body).toMatchObject({ _tag: [name] });
      expect((await process('GET', '?_limit=-1')).body).toHaveLength(25);
      expect((await process('PUT', `/${name}`, { _id: 'FX' })).status).toBe(200);
      expect((await process('GET', `/${name}`)).status).toBe(404);
    },
  );

  test.each([
    ['nobody signed in', {}, 401, '[1001] Not Authenticated: sign in first'],
    [
      'a wrong token',
      { authorization: 'Bearer x' },
      401,
      '[1001] Not Authenticated: sign in first',
    ],
    ['a wrong key', { 'x-odsl-email': 'sandbox@example.com', 'x-odsl-key': 'x' }, 401, '[1001] '],
  ])('says in a header what is wrong: %s', async (_, headers, status, said) => {
    const answer = await fetch(`${sandbox.url}/api/process/v1`, { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-odsl-error')).toContain(said);
    expect(await answer.text()).toBe('');
  });

  test.each([
    ['a body that is no JSON', 'POST', '', 'not json', 400, '[5002] Failed Basic Validation'],
    ['a body without a name', 'POST', '', '{}', 400, '[5001] Missing Parameter'],
    ['a search that is no expression', 'GET', '?_search=(', null, 400, '[5002] Failed Basic'],
    ['an order that is no JSON', 'GET', '?_sort={', null, 400, '[5002] Failed Basic Validation'],
    ['no such version', 'GET', '/SMOKE_TEST/99', null, 404, '[4004] Not Found'],
    [
      'a key that no header holds',
      'GET',
      '/%00%F0%9F%9A%80%0A',
      null,
      404,
      'process %00%F0%9F%9A%80%0A',
    ],
  ])('refuses %s', async (_name, method, path, body, status, said) => {
    const answer = await fetch(`${sandbox.url}/api/process/v1${path}`, {
      method,
      headers: { authorization: 'Bearer sandbox-token' },
      body,
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-odsl-error')).toContain(said);
    expect(await answer.text()).toBe('');
  });

  test('knows its state again after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'odsl-'));
    const file = join(folder, 'odsl.json');
    const first = await startSandbox(odslSandbox, { file });
    const body = { _id: '__proto__', script: 'Fx' };
    await send(first.url, 'POST', '/api/process/v1', { body });
    await send(first.url, 'POST', '/api/process-exec/v1', { body: { name: 'SMOKE_TEST' } });
    await first.close();
    const second = await startSandbox(odslSandbox, { file });
    expect((await send(second.url, 'GET', '/api/process/v1/__proto__')).status).toBe(200);
    const [newest] = (await send(second.url, 'GET', '/api/process-exec/v1')).body as object[];
    expect(newest).toMatchObject({ name: 'SMOKE_TEST', trigger: 'manual' });
    expect(second.ledger().map((each) => each.effect)).toEqual(['process.saved', 'run.started']);
    await second.close();
    rmSync(folder, { recursive: true });
  });
});
