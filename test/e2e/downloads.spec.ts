import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Process } from '../../src/domain/process.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;
let breaking: Server;
/** What the package that breaks off is said to be long. */
let declaredBytes = 0;
/** Ends the download that has begun, in the middle. */
let breakOff: () => void = () => undefined;
/** Longer than what is gathered before it is sent. */
const longBytes = 9_999_999;

beforeAll(async () => {
  stage = await Stage.open();
  const { uipath = {} } = stage.connections();
  const base = String(uipath['baseUrl']);
  breaking = createServer((request, answer) => void relay(base, request, answer));
  await new Promise<void>((listening) => breaking.listen(0, '127.0.0.1', listening));
  const { port } = breaking.address() as AddressInfo;
  const settings = { ...uipath, baseUrl: `http://127.0.0.1:${port}` };
  gateway = await stage.gateway({ config: { connections: { breaking: settings } } });
});
afterEach(() => {
  stage.forget();
});
afterAll(async () => {
  breaking.close();
  await stage.close();
});

/** The sandbox of UiPath, but that a package ends when the test says so. */
async function relay(base: string, request: IncomingMessage, answer: ServerResponse) {
  if (request.url?.includes('DownloadPackage') === true) {
    const head = { 'content-type': 'application/octet-stream', 'content-length': declaredBytes };
    answer.writeHead(200, head);
    answer.write(Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(1_000)]));
    breakOff = () => answer.destroy();
    return;
  }
  const passed = ['authorization', 'user-agent', 'x-uipath-folderpath-encoded'];
  const headers = passed.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
  const real = await fetch(`${base}${request.url ?? ''}`, { headers });
  answer.writeHead(real.status, { 'content-type': real.headers.get('content-type') ?? '' });
  answer.end(await real.text());
}

const brokenOff = (requestId: string) =>
  gateway
    .logs()
    .filter((line) => line.msg === 'A download broke off' && line['requestId'] === requestId);

const sentAsJson = (body: string) =>
  ({ kind: 'status', status: 200, headers: { 'content-type': 'application/json' }, body }) as const;

async function smokeTestOf(serving: Gateway): Promise<string> {
  const { body } = await get<Collection<Process>>(
    serving,
    '/v1/processes?connection=frends&limit=200',
  );
  const found = body.data.find(({ name }) => name === 'Smoke test');
  if (found === undefined) throw new Error('no process of Frends is called Smoke test');
  return found.id;
}

describe('a download', () => {
  it.each([
    ['by its length', {}, String(longBytes)],
    ['by its chunks', { 'want-repr-digest': 'sha-256=10' }, null],
  ])(
    'that breaks off is cut for its caller %s, and the log says why',
    async (how, wants, length) => {
      declaredBytes = longBytes;
      const path = '/v1/processes/breaking%3ASmokeTest/package';
      const id = how.replaceAll(' ', '-');
      const headers = { 'x-request-id': id, ...wants };
      const answer = await fetch(`${gateway.baseUrl}${path}`, { headers });
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, length]);
      breakOff();
      await expect(answer.arrayBuffer()).rejects.toThrow();
      const [line] = await eventually(() => {
        const found = brokenOff(id);
        expect(found).toHaveLength(1);
        return found;
      });
      expect(line).toMatchObject({
        level: 'warn',
        code: 'upstream_unavailable',
        path,
        reason: expect.stringMatching(/^UiPath Orchestrator \(breaking\) .*DownloadPackage/),
      });
    },
  );

  it('that is short and breaks off is a problem, as nothing of it was sent', async () => {
    declaredBytes = 9_999;
    setTimeout(() => {
      breakOff();
    }, 500);
    const answer = await get(gateway, '/v1/processes/breaking%3ASmokeTest/package');
    expectProblem(answer, 'upstream_unavailable');
    expect(answer.headers).not.toHaveProperty('content-disposition');
  });

  it.each([
    ['a web page', { kind: 'html' }],
    ['garbage', { kind: 'garbage' }],
    ['JSON', { kind: 'huge', bytes: 100_000 }],
    ['nothing', { kind: 'status', status: 200 }],
  ] as const)('of UiPath that is %s instead of a package is a problem', async (_name, fault) => {
    const path = at('uipath:SmokeTest', '/package');
    stage.sandbox('uipath').faults.add({ path: 'DownloadPackage', fault });
    const answer = await get(gateway, path);
    expectProblem(answer, 'upstream_contract');
    expect(answer.body).toMatchObject({ connection: 'uipath', platform: 'uipath' });
    expect(answer.headers).not.toHaveProperty('content-disposition');
  });

  it.each([
    ['a web page', { kind: 'html' }],
    ['a web page sent as JSON', sentAsJson('<!doctype html><title>Sign in</title>')],
    ['garbage', sentAsJson('\uFFFD\u0000garbage')],
    ['a mark alone', sentAsJson('\uFEFF')],
    ['blanks', sentAsJson(' \r\n')],
    ['nothing', { kind: 'status', status: 200 }],
  ] as const)('of Frends that is %s instead of an export is a problem', async (_name, fault) => {
    const path = at(await smokeTestOf(gateway), '/package');
    stage.sandbox('frends').faults.add({ path: '/export', fault });
    const answer = await get(gateway, path);
    expectProblem(answer, 'upstream_contract');
    expect(answer.body).toMatchObject({ connection: 'frends', platform: 'frends' });
    expect(answer.headers).not.toHaveProperty('content-disposition');
  });

  it('of Frends that is one comes whole, its mark included', async () => {
    const path = at(await smokeTestOf(gateway), '/package');
    const answer = await fetch(`${gateway.baseUrl}${path}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.status).toBe(200);
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from('\uFEFF'));
    expect(JSON.parse(bytes.subarray(3).toString())).toHaveProperty('Processes');
  });

  it.each([
    ['UiPath', () => 'uipath:SmokeTest'],
    ['OpenDataDSL', () => 'odsl:SMOKE_TEST'],
    ['Frends', () => smokeTestOf(gateway)],
  ])('of %s that is one comes with its digest', async (_platform, id) => {
    const answer = await fetch(`${gateway.baseUrl}${at(await id(), '/package')}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const digest = createHash('sha256').update(bytes).digest('base64');
    expect(answer.headers.get('repr-digest')).toBe(`sha-256=:${digest}:`);
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('can be asked for its head alone', async () => {
    const url = `${gateway.baseUrl}${at('uipath:SmokeTest', '/package')}`;
    const [head, whole] = [await fetch(url, { method: 'HEAD' }), await fetch(url)];
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const name of ['content-length', 'content-type', 'content-disposition', 'repr-digest'])
      expect([name, head.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
    await whole.arrayBuffer();
  });

  it('of UiPath that is one comes whole', async () => {
    const path = at('uipath:SmokeTest', '/package');
    const answer = await fetch(`${gateway.baseUrl}${path}`, {
      headers: { 'x-request-id': 'whole' },
    });
    const { byteLength } = await answer.arrayBuffer();
    expect(byteLength).toBe(Number(answer.headers.get('content-length')));
    expect(brokenOff('whole')).toEqual([]);
  });
});
