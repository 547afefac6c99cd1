import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import { encodeKey } from '../../domain/ids.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { odslSandbox } from '../../sandbox/odsl/odsl.sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { OdslConnector } from './odsl.module.ts';

let sandbox: Sandbox;
let large: Sandbox;
const servers: Server[] = [];
const upstreams = new UpstreamFactory();

beforeAll(async () => {
  sandbox = await startSandbox(odslSandbox);
  large = await startSandbox(odslSandbox, { size: 450 });
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.reset();
  large.forget();
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  for (const server of servers) server.close();
  await sandbox.close();
  await large.close();
});

function open(url: string): PlatformAdapter {
  return new OdslConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: `${url}/api` }),
    id: 'odsl',
    platform: 'odsl',
    auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
    environment: 'production',
    startBody: 'input',
  });
}
function part<C extends keyof AdapterParts>(name: C, url = sandbox.url): AdapterParts[C] {
  const found = open(url).parts[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}
const signal = (): AbortSignal => AbortSignal.timeout(20_000);

/** A tenant that holds these processes; it tells no totals, and takes encoded slashes as told. */
async function tenant(
  ids: readonly string[],
  slashes: 'kept' | 'taken for plain',
): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const skip = Number(searchParams.get('_skip'));
    const all = ids.map((_id) => ({ _id, _version: 1 }));
    const below = pathname.replace(/^\/api\/process\/v1\/?/, '');
    const plain = slashes === 'kept' ? below : below.replaceAll('%2F', '/');
    const [key = '', version] = plain.split('/').map(decodeURIComponent);
    const found = all.find(({ _id }) => _id === key);
    const one = version === '*' ? [{ id: key, version: '1' }] : found;
    const body = key === '' ? all.slice(skip, skip + 200) : one;
    response.writeHead(found === undefined && key !== '' ? 404 : 200).end(JSON.stringify(body));
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await new Promise((done) => server.once('listening', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Saves a process in the sandbox as a person would. */
async function save(body: object): Promise<void> {
  await fetch(`${sandbox.url}/api/process/v1`, {
    method: 'POST',
    headers: { authorization: 'Bearer sandbox-token' },
    body: JSON.stringify(body),
  });
}
async function sent(path: string): Promise<string> {
  const headers = { authorization: 'Bearer sandbox-token' };
  return (await fetch(`${sandbox.url}/api/process/v1${path}`, { headers })).text();
}

async function send(method: string, path: string): Promise<number> {
  const headers = { authorization: 'Bearer sandbox-token' };
  return (await fetch(`${sandbox.url}/api/process/v1${path}`, { method, headers })).status;
}

describe('the list', () => {
  test('is walked by `_skip` as far as `x-total-count` says', async () => {
    const keys = (await part('processes', large.url).list(signal())).map(({ key }) => key);
    expect(new Set(keys).size).toBe(450);
    expect(keys).toEqual(keys.toSorted());
    const pages = large.requests().map((line) => new URLSearchParams(line.split('?')[1]));
    expect(pages.map((query) => query.get('_skip')).sort()).toEqual(['0', '200', '400']);
    for (const query of pages) expect(query.get('_limit')).toBe('200');
  });

  test('is walked to an empty page where nobody tells the total', async () => {
    const ids = Array.from({ length: 430 }, (_, index) => `P${index}`);
    const list = await part('processes', await tenant(ids, 'kept')).list(signal());
    expect(list.map(({ key }) => key)).toEqual(ids);
  });

  test('leaves out what a call could not name alone', async () => {
    const ids = ['A', '*', '~LATEST', '..', 'A/*', 'a/~LATEST', 'a/../b', 'a/b', '*A', 'A~LATEST'];
    const url = await tenant(ids, 'kept');
    const list = await part('processes', url).list(signal());
    expect(list.map(({ key }) => key)).toEqual(['A', 'a%2Fb', '%2AA', 'A~LATEST'].map(String));
    for (const { key } of list)
      expect(await part('processes', url).get(key, signal())).toMatchObject({ key });
  });
});

describe('a key with a slash', () => {
  const key = encodeKey(['finance/fx']);

  test('is sent as one segment, and found', async () => {
    await save({ _id: 'finance/fx', name: 'FX', script: 'Fx' });
    expect(await part('processes').get(key, signal())).toMatchObject({ key, name: 'FX' });
    expect(await part('processes').resolve(key, signal())).toEqual({ key, version: null });
    expect(await part('versions').list(key, signal())).toHaveLength(1);
    expect(await part('versions').get(key, '1', signal())).toMatchObject({ version: '1' });
  });

  test('never means the tag `fx` of `finance`, whatever a server makes of it', async () => {
    const url = await tenant(['finance', 'finance/fx'], 'taken for plain');
    expect(await part('processes', url).get(key, signal())).toBeNull();
    expect(await part('processes', url).resolve(key, signal())).toBeNull();
    expect(await part('versions', url).list(key, signal())).toBeNull();
  });
});

describe('one process', () => {
  test('keeps its configuration, in what way ever it was saved', async () => {
    const saved = {
      name: 'FX',
      script: 'Fx',
      cron: '12 46 ? * * *',
      input: { days: 3, deep: { a: [null, { b: 1 }] } },
      properties: { owner: 'Finance' },
      settings: { retries: 2 },
      tags: ['ETL'],
      unknownMember: { x: 'y' },
    };
    await save({ _id: 'FX', ...saved });
    const found = await part('processes').get('FX', signal());
    expect(found?.configuration).toEqual({ ...saved, _type: 'VarProcess' });
    expect(found?.schedule).toEqual([
      { expression: saved.cron, dialect: 'odsl-cron', timezone: null, active: true },
    ]);
    expect(found?.labels).toEqual(['ETL']);
  });

  test('does not show its secrets; its package is what the platform gives', async () => {
    await save({ _id: 'FX', script: 'Fx', input: { password: 'hunter2' } });
    const shown = [
      await part('processes').get('FX', signal()),
      await part('versions').get('FX', 'latest', signal()),
      await part('processes').list(signal()),
    ];
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    const file = await part('packages').download('FX', 'latest', signal());
    expect(file?.fileName).toBe('FX.1.json');
    const content = file === null ? '' : await text(file.content);
    expect(JSON.parse(content)).toMatchObject({ _id: 'FX', input: { password: 'hunter2' } });
    // Byte for byte: what is written anew may lose what JavaScript has no numbers for.
    expect(content).toBe(await sent('/FX/1'));
  });
});

describe('versions', () => {
  const history = async (): Promise<void> => {
    await save({ _id: 'FX', script: 'Fx' });
    await save({ _id: 'FX', script: 'Fx', description: 'second' });
    await save({ _id: 'FX', script: 'Fx', description: 'third' });
    expect(await send('PUT', '/FX/2/PROD')).toBe(200);
  };

  test('are packages by number and by tag, byte for byte', async () => {
    await history();
    for (const [version, place] of [
      ['1', '/FX/1'],
      ['PROD', '/FX/2'],
      ['latest', '/FX/3'],
    ] as const) {
      const file = await part('packages').download('FX', version, signal());
      expect(file === null ? null : await text(file.content)).toBe(await sent(place));
    }
  });

  test('are found by number and by tag, which is no label', async () => {
    await history();
    const versions = (await part('versions').list('FX', signal())) ?? [];
    expect(versions.map(({ version, tags }) => [version, tags])).toEqual([
      ['3', []],
      ['2', ['PROD']],
      ['1', []],
    ]);
    expect(await part('versions').get('FX', 'PROD', signal())).toMatchObject({
      version: '2',
      description: 'second',
      tags: ['PROD'],
      isLatest: false,
      configuration: { script: 'Fx', description: 'second' },
    });
    expect((await part('processes').get('FX', signal()))?.labels).toEqual([]);
    expect(await part('versions').get('FX', '1', signal())).toMatchObject({
      version: '1',
      description: null,
    });
  });

  test.each(['*', '~LATEST', '..', 'a/b', '', 'PROD/*'])(
    'are not found by %j, and the platform is not asked',
    async (version) => {
      await history();
      sandbox.forget();
      expect(await part('versions').get('FX', version, signal())).toBeNull();
      expect(sandbox.requests()).toEqual(['GET /api/process/v1/FX']);
    },
  );
});

describe('a name too long for a URL', () => {
  test('is that of no process and of no version', async () => {
    sandbox.faults.add({ path: '/api/process/v1/', fault: { kind: 'status', status: 414 } });
    const key = 'x'.repeat(2_000);
    expect(await part('processes').get(key, signal())).toBeNull();
    expect(await part('processes').resolve(key, signal())).toBeNull();
    expect(await part('versions').list(key, signal())).toBeNull();
    expect(await part('versions').get(key, '1', signal())).toBeNull();
    expect(await part('packages').download(key, '1', signal())).toBeNull();
  });
});

describe('an error', () => {
  test.each([
    ['[5005] Update Error: the name is taken', '5005', 'Update Error: the name is taken'],
    ['something went wrong', null, 'something went wrong'],
  ])('in the header %j is read; the body is not', async (header, code, message) => {
    const headers = { 'x-odsl-error': header, 'content-type': 'application/json' };
    const body = '{"code":"nonsense","message":"not this"}';
    sandbox.faults.add({ path: '/api/', fault: { kind: 'status', status: 400, headers, body } });
    await expect(part('processes').get('FX', signal())).rejects.toMatchObject({
      code: 'upstream_rejected',
      details: { upstream: { status: 400, code, message }, connection: 'odsl', platform: 'odsl' },
    });
  });

  test('without the header is told by its status alone', async () => {
    const fault = { kind: 'status', status: 400, body: '{"message":"not documented"}' } as const;
    sandbox.faults.add({ path: '/api/', fault });
    await expect(open(sandbox.url).ping(signal())).rejects.toMatchObject({
      message: 'OpenDataDSL (odsl) answered GET /process with 400.',
      details: { upstream: { status: 400, code: null, message: null } },
    });
  });
});
