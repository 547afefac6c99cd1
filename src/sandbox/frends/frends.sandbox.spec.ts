import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../kit/sandbox.ts';
import { frendsSandbox, frendsSandboxWith } from './frends.sandbox.ts';

type Json = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

async function send(
  url: string,
  method: string,
  path: string,
  body?: object | FormData,
): Promise<Answer> {
  const isForm = body instanceof FormData;
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: 'Bearer sandbox-token',
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  const parsed = isJson && text !== '' ? (JSON.parse(text.replace(/^\uFEFF/, '')) as Json) : {};
  return { status: answer.status, headers: answer.headers, text, body: parsed };
}

describe('the Frends sandbox', () => {
  let sandbox: Sandbox;
  let smokeTest: { guid: string; id: number; deploymentId: number };
  const api = (method: string, path: string, body?: object | FormData): Promise<Answer> =>
    send(sandbox.url, method, `/api/v1${path}`, body);
  const effects = (): string[] => sandbox.ledger().map((each) => each.effect);

  beforeAll(async () => {
    sandbox = await startSandbox(frendsSandbox);
    const { body } = await api('GET', '/process-deployments?processName=smoke%20test');
    const [found] = body['data'] as Json[];
    smokeTest = {
      guid: String(found?.['processGuid']),
      id: Number(found?.['processId']),
      deploymentId: Number(found?.['deploymentId']),
    };
  });
  afterEach(() => {
    sandbox.reset();
  });
  afterAll(async () => {
    await sandbox.close();
  });

  /** Imports a text as the file of a form. */
  const importFile = (text: string, importConflict?: string): Promise<Answer> => {
    const form = new FormData();
    form.set('file', new Blob([text]), 'processes.json');
    if (importConflict !== undefined) form.set('importConflict', importConflict);
    return api('POST', '/processes/batch-import', form);
  };
  const exported = async (): Promise<string> =>
    (await api('GET', `/processes/${smokeTest.id}/export`)).text;
  const versions = async (guid: string): Promise<Json[]> =>
    (await api('GET', `/processes?processGuid=${guid}`)).body['data'] as Json[];

  test('refuses strangers with an empty 401, and a page larger than 200 by name', async () => {
    const stranger = await fetch(`${sandbox.url}/api/v1/processes`);
    expect([stranger.status, await stranger.text()]).toEqual([401, '']);
    const { status, headers, body } = await api('GET', '/processes?PageSize=201');
    expect(status).toBe(400);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body['errors']).toHaveProperty('PageSize');
  });

  test('answers a page beyond the last with an empty one, in either spelling of the parameters', async () => {
    const { status, body } = await api('GET', '/processes?pagingQuery.pageNumber=999');
    expect([status, body['data']]).toEqual([200, []]);
    expect(body['paging']).toMatchObject({ currentPage: 999, pageSize: 30, nextPage: null });
  });

  test('exports JSON behind a byte order mark, under a name', async () => {
    const answer = await fetch(`${sandbox.url}/api/v1/processes/${smokeTest.id}/export`, {
      headers: { authorization: 'Bearer sandbox-token' },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf');
    expect(answer.headers.get('content-disposition')).toContain('Smoke test_1.json');
    const { Processes } = JSON.parse(bytes.toString().slice(1)) as { Processes: Json[] };
    expect(Processes[0]).toMatchObject({ UniqueIdentifier: smokeTest.guid, Name: 'Smoke test' });
  });

  test.each([
    ['Error', 400, 1],
    [undefined, 400, 1],
    ['UseExisting', 200, 1],
    ['NewVersion', 200, 2],
    ['NewActiveElement', 200, 1],
    ['NewInactiveElement', 200, 1],
    ['OverwriteExisting', 400, 1],
  ])('imports what exists in mode %s with %i', async (mode, status, count) => {
    const answer = await importFile(await exported(), mode);
    expect(answer.status).toBe(status);
    expect(await versions(smokeTest.guid)).toHaveLength(count);
    if (mode?.startsWith('New') !== true) {
      expect(effects()).toEqual([]);
      return;
    }
    const { elementIdentifier, version } = answer.body['data'] as Json;
    expect(elementIdentifier === smokeTest.guid).toBe(mode === 'NewVersion');
    expect(version).toBe(count);
    expect(effects()).toEqual(['process.imported']);
    const deployed = await api(
      'GET',
      `/process-deployments?processGuid=${String(elementIdentifier)}&agentGroupId=1`,
    );
    const triggers = (deployed.body['data'] as Json[]).map((each) => each['triggersActive']);
    expect(triggers).toEqual(mode === 'NewVersion' ? [] : [mode === 'NewActiveElement']);
  });

  test.each([
    ['no JSON', () => 'x', 'JSON format'],
    ['templates', () => '{"ProcessTemplates":[]}', 'Process Template'],
    ['no processes', () => '{"Processes":[]}', 'does not contain'],
    [
      'no modifier',
      (text: string) => text.replace(/"Modifier": "[^"]*"/, '"Modifier": null'),
      'Modifier',
    ],
    [
      'a foreign task',
      (text: string) => text.replaceAll(/ProcessTask\/\w/g, 'ProcessTask/0'),
      'no matching element',
    ],
    [
      'code that does not compile',
      (text: string) => text.replace('Fetch smoke', '#error Fetch smoke'),
      'CS1029',
    ],
  ])('refuses a file with %s', async (_name, change, words) => {
    const answer = await importFile(change(await exported()), 'NewVersion');
    expect(answer.status).toBe(400);
    expect(String(answer.body['detail'])).toContain(words);
    expect(effects()).toEqual([]);
  });

  test('keeps what came before a refused process of a file', async () => {
    const file = JSON.parse((await exported()).replace(/^\uFEFF/, '')) as { Processes: Json[] };
    const [first] = file.Processes;
    file.Processes.push({ ...first, Modifier: null });
    expect((await importFile(JSON.stringify(file), 'NewVersion')).status).toBe(400);
    expect(await versions(smokeTest.guid)).toHaveLength(2);
  });

  test('deploys, switches triggers and undeploys, but not from development', async () => {
    const processes = [{ processGuid: smokeTest.guid, version: 1 }];
    const deploy = (agentGroupId: number): Promise<Answer> =>
      api('POST', '/process-deployments', { agentGroupId, processes });
    const { status, body } = await deploy(2);
    const [added] = body['data'] as Json[];
    expect([status, added?.['triggersActive']]).toEqual([201, true]);
    const path = `/process-deployments/${String(added?.['deploymentId'])}`;
    expect((await api('DELETE', `${path}/activation`)).status).toBe(200);
    expect((await api('GET', path)).body['data']).toMatchObject({ triggersActive: false });
    expect((await api('DELETE', path)).status).toBe(204);
    expect((await api('GET', path)).status).toBe(404);
    const [inDevelopment] = (await deploy(1)).body['data'] as Json[];
    const refused = await api(
      'DELETE',
      `/process-deployments/${String(inDevelopment?.['deploymentId'])}`,
    );
    expect(refused.status).toBe(400);
    expect((await deploy(99)).body['detail']).toBe('Agent group not found');
    expect((await deploy(5)).status).toBe(400);
  });

  test('runs `Smoke test` without input within five seconds, and it leaves a log', async () => {
    const started = await api('POST', `/process-deployments/${smokeTest.deploymentId}/execute`, {});
    expect(started.status).toBe(202);
    const place = started.headers.get('location') ?? '';
    const deadline = Date.now() + 5_000;
    let details: Json = {};
    while (details['state'] !== 'Finished' && Date.now() < deadline) {
      await new Promise((done) => setTimeout(done, 50));
      const { body } = await send(sandbox.url, 'GET', place);
      details = (body['data'] as Json | undefined) ?? {};
    }
    expect(details).toMatchObject({ state: 'Finished', steps: null, hasLoggedSteps: true });
    const log = await fetch(String(details['stepDataUri']));
    expect((await log.text()).length).toBeGreaterThan(200);
    expect(effects()).toEqual(['run.started']);
  }, 15_000);

  test('fails a run on demand, and forgets a successful one that is not logged', async () => {
    const path = `/process-deployments/${smokeTest.deploymentId}/execute`;
    for (const how of ['fail', 'unlogged'])
      await api('POST', path, { durationMs: '1', [how]: 'true' });
    expect((await api('POST', path, { durationMs: 1 })).status).toBe(400);
    const states = async (): Promise<unknown[]> => {
      const query = `processGuids=${smokeTest.guid}&startTime=${new Date(Date.now() - 60_000).toISOString()}`;
      const { body } = await api('GET', `/instances/3?${query}`);
      return (body['data'] as Json[]).map((each) => each['state']);
    };
    while ((await states()).length === 0) await new Promise((done) => setTimeout(done, 50));
    expect(await states()).toEqual(['Failed']);
  });

  test('pages runs by tokens that belong to their filters', async () => {
    const first = await api('GET', '/instances/3?pageSize=4');
    const token = String(first.body['nextContinuationToken']);
    const second = await api('GET', `/instances/3?pageSize=4&continuationToken=${token}`);
    const ids = [first, second].flatMap(({ body }) =>
      (body['data'] as Json[]).map((each) => Number(each['id'])),
    );
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    const other = await api('GET', `/instances/3?pageSize=5&continuationToken=${token}`);
    expect(other.status).toBe(400);
  });

  test('labels processes', async () => {
    const body = { elementType: 'Process', elementGuids: [smokeTest.guid], tags: ['nightly'] };
    expect((await api('PATCH', '/tags', body)).status).toBe(204);
    const tags = await api('GET', `/tags?elementIdentifiers=${smokeTest.guid}`);
    expect(tags.body['data']).toEqual({ [smokeTest.guid]: ['platform', 'daily', 'nightly'] });
    expect((await api('DELETE', '/tags', body)).status).toBe(204);
  });

  test('describes what its release can do', async () => {
    const paths = async (url: string): Promise<string[]> =>
      Object.keys((await send(url, 'GET', '/v1.0/swagger.json')).body['paths'] as Json);
    const execute = '/api/v1/process-deployments/{id}/execute';
    expect(await paths(sandbox.url)).toContain(execute);
    const old = await startSandbox(
      frendsSandboxWith({ execute: false, tags: true, document: true }),
    );
    expect(await paths(old.url)).not.toContain(execute);
    const path = `/api/v1/process-deployments/${smokeTest.deploymentId}/execute`;
    expect((await send(old.url, 'POST', path, {})).status).toBe(404);
    await old.close();
  });

  test('finds its state again after a restart, with runs as far as the clock', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'frends-sandbox-'));
    const file = join(folder, 'frends.json');
    const before = await startSandbox(frendsSandbox, { file });
    const execute = `/api/v1/process-deployments/${smokeTest.deploymentId}/execute`;
    const place = (await send(before.url, 'POST', execute, { durationMs: '60000' })).headers;
    await before.close();
    const after = await startSandbox(frendsSandbox, { file });
    const poll = (): Promise<Answer> => send(after.url, 'GET', place.get('location') ?? '');
    while ((await poll()).status === 404) await new Promise((done) => setTimeout(done, 50));
    expect((await poll()).body['data']).toMatchObject({ state: 'Running' });
    expect(after.ledger().map((each) => each.effect)).toEqual(['run.started']);
    await after.close();
    rmSync(folder, { recursive: true });
  });
});
