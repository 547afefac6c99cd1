import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../kit/sandbox.ts';
import { cloudBase, uipathSandbox } from './uipath.sandbox.ts';
import { type Answer, callsTo, functions } from './uipath.testing.ts';

describe('the UiPath sandbox', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox(uipathSandbox);
  });
  afterEach(() => {
    sandbox.reset();
  });
  afterAll(() => sandbox.close());

  const { call, get, start } = callsTo(() => sandbox.url);

  describe('folders', () => {
    const name = (headers: Record<string, string>): Promise<Answer> =>
      call('GET', 'odata/Releases', { headers: { 'x-uipath-organizationunitid': '', ...headers } });

    test.each([
      [{ 'x-uipath-organizationunitid': 'abc' }, 400, 1100],
      [{ 'x-uipath-organizationunitid': '999' }, 404, 1100],
      [{ 'x-uipath-folderkey': '101' }, 400, 1100],
      [{ 'x-uipath-folderpath': 'Nowhere' }, 404, 1100],
      [{ 'x-uipath-folderpath-encoded': 'U2hhcmVk' }, 404, 1100],
      [{ 'x-uipath-folderpath-encoded': 'not base64' }, 400, 1000],
    ])('%j gives %i and %i', async (headers, status, code) => {
      const answer = await name(headers);
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.body)).toMatchObject({ errorCode: code });
    });

    test('must be named: 1101', async () => {
      const headers = { authorization: 'Bearer sandbox-token' };
      const answer = await fetch(`${sandbox.url}${cloudBase}/odata/Jobs`, { headers });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        errorCode: 1101,
        message: 'A folder is required for this action.',
      });
    });

    test('are taken by path before key before number', async () => {
      const path = Buffer.from('Finance', 'utf16le').toString('base64');
      const answer = await name({
        'x-uipath-folderpath-encoded': path,
        'x-uipath-organizationunitid': '101',
      });
      expect(answer.rows[0]).toMatchObject({ OrganizationUnitId: 102 });
    });
  });

  test('jobs are listed 100 times a minute and tenant, and single ones as often as one likes', async () => {
    const folders = ['101', '102'];
    const list = (at: number): Promise<Answer> =>
      call('GET', 'odata/Jobs?$top=1', {
        headers: { 'x-uipath-organizationunitid': folders[at % 2] ?? '' },
      });
    for (let at = 0; at < 100; at += 1) expect((await list(at)).status).toBe(200);
    const headers = { authorization: 'Bearer sandbox-token', 'x-uipath-organizationunitid': '101' };
    const refused = await fetch(`${sandbox.url}${cloudBase}/odata/Jobs`, { headers });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await get('odata/Jobs(1)')).status).toBe(404);
    expect((await get('odata/Releases')).status).toBe(200);
    sandbox.reset();
    expect((await list(0)).status).toBe(200);
  });

  describe('lists', () => {
    test.each([
      ["Id eq 'smoketest'", 1],
      ["Id in ('SmokeTest','PaymentRun')", 2],
      ["contains(Id,'invoice') and not (Id eq 'InvoiceIntake')", 1],
      ["startswith(Title,'Smoke') or endswith(Id,'Run')", 2],
      ["Description eq 'O''Brien'", 0],
      ['IsActive eq true and IsActive ne true', 0],
      ['Published ge 2020-01-01T00:00:00Z', 24],
    ])('are filtered by %s', async ($filter, count) => {
      expect((await get('odata/Processes', { $filter, $count: 'true' })).count).toBe(count);
    });

    test.each([
      [{ $filter: 'Key eq 5ec52c6c-77b2-4d60-a1c5-1d4b9e1f2a3b' }],
      [{ $filter: "Nothing eq 'a'" }],
      [{ $filter: "Id eq 'a" }],
      [{ $filter: "Id eq 'a' and" }],
      [{ $filter: "Id like 'a'" }],
      [{ $top: '1001' }],
      [{ $top: '-1' }],
      [{ $orderby: 'Nothing' }],
      [{ $expand: 'Environment' }],
      [{ $bottom: '1' }],
    ])('refuse %j', async (query) => {
      const answer = await get('odata/Releases', query);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ errorCode: 1000 });
    });

    test('take a bare GUID where the model has one, and no other', async () => {
      const [job] = (await get('odata/Jobs', { $top: '1' })).rows;
      const key = String(job?.['Key']);
      expect((await get('odata/Jobs', { $filter: `Key eq ${key}` })).rows).toHaveLength(1);
      expect((await get('odata/Jobs', { $filter: `Key eq '${key}'` })).status).toBe(400);
      expect((await get('odata/Jobs', { $filter: `Key in ('${key}')` })).rows).toHaveLength(1);
    });

    test('give a hundred rows when nobody says how many', async () => {
      const large = await startSandbox(uipathSandbox, { size: 300 });
      const headers = { authorization: 'Bearer sandbox-token' };
      const answer = await fetch(`${large.url}${cloudBase}/odata/Processes`, { headers });
      const { value } = (await answer.json()) as { value: unknown[] };
      expect(value).toHaveLength(100);
      await large.close();
    });
  });

  test('has a smoke test that is deployed once, needs nothing, ends within five seconds and leaves a log', async () => {
    const $filter = "ProcessKey eq 'SmokeTest'";
    expect((await get('odata/Releases', { $filter })).rows).toHaveLength(1);
    const [job] = (await start({ ReleaseName: 'Smoke test' })).rows;
    const deadline = Date.now() + 5_000;
    const state = async (): Promise<string> => {
      const { body } = await get(`odata/Jobs(${String(job?.['Id'])})`);
      return String((JSON.parse(body) as Record<string, unknown>)['State']);
    };
    while ((await state()) !== 'Successful' && Date.now() < deadline)
      await new Promise((done) => setTimeout(done, 100));
    expect(await state()).toBe('Successful');
    const logs = await get('odata/RobotLogs', { $filter: `JobKey eq ${String(job?.['Key'])}` });
    expect(logs.rows.map((row) => row['Message']).join('\n').length).toBeGreaterThan(200);
  });

  test('says 401 without a body', async () => {
    const headers = { authorization: 'Bearer nonsense' };
    const refused = await call('GET', 'odata/Processes', { headers });
    expect(refused).toMatchObject({ status: 401, body: '' });
  });

  test('keeps its state and its ledger over a restart, and is the same each time it is made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'uipath-'));
    const file = join(folder, 'state.json');
    const list = async (url: string): Promise<string> => {
      const headers = {
        authorization: 'Bearer sandbox-token',
        'x-uipath-organizationunitid': '101',
      };
      const query = '?$filter=CreationTime lt 2026-11-01T00:00:00Z&$top=1000';
      return (await fetch(`${url}${cloudBase}/odata/Jobs${query}`, { headers })).text();
    };
    const first = await startSandbox(uipathSandbox, { file });
    const before = await list(first.url);
    const headers = { authorization: 'Bearer sandbox-token', 'x-uipath-organizationunitid': '101' };
    const body = JSON.stringify({ startInfo: { ReleaseName: 'Smoke test', Reference: 'kept' } });
    const path = `${cloudBase}/odata/Jobs/${functions}.StartJobs`;
    await fetch(`${first.url}${path}`, { method: 'POST', headers, body });
    await first.close();
    const second = await startSandbox(uipathSandbox, { file });
    expect(second.ledger().at(-1)).toMatchObject({ effect: 'run.started' });
    expect(await list(second.url)).toBe(before);
    expect(await list(sandbox.url)).toBe(before);
    await second.close();
    rmSync(folder, { recursive: true });
  });
});
