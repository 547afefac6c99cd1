import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';
import type { FilesStartRequest, StartFile } from '../../domain/run.ts';
import type { Departure } from '../../domain/write.ts';
import { concordSandbox } from '../../sandbox/concord/concord.sandbox.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { writeZip } from '../../sandbox/kit/zip.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { ConcordConnector } from './concord.module.ts';

const project = 'flows:\n  main:\n    - log: "from an archive"\n  other:\n    - log: "other"\n';
const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(project) }]);

let sandbox: Sandbox;
let exchanges: Exchange[] = [];
const upstreams = new UpstreamFactory();

beforeAll(async () => {
  sandbox = await startSandbox(concordSandbox, { observe: (exchange) => exchanges.push(exchange) });
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.reset();
  exchanges = [];
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  await sandbox.close();
});

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

function parts(url = sandbox.url): AdapterParts {
  return new ConcordConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: url }),
    id: 'concord',
    platform: 'concord',
    startStyle: 'auto',
    auth: { type: 'apiKey', key: new Secret(() => 'sandbox-secret'), scheme: 'raw' },
  }).parts as AdapterParts;
}

const contents = new Map<string, Buffer>();

function file(name: string, content: Buffer): StartFile {
  const id = randomUUID();
  contents.set(id, content);
  return { name, id, length: content.length };
}

function request(changes: Partial<FilesStartRequest> = {}): FilesStartRequest {
  return {
    process: null,
    entryPoint: null,
    archive: file('archive', zip),
    files: [],
    request: {},
    parameters: {},
    mark: `r-${randomUUID()}`,
    ...changes,
  };
}

const opened: string[] = [];
function departure(permit: () => void = () => undefined): Departure {
  return {
    signal: signal(),
    permit,
    openFile: (id) => {
      opened.push(id);
      return Promise.resolve(Readable.from([contents.get(id) ?? Buffer.alloc(0)]));
    },
  };
}

async function prepared(wanted: FilesStartRequest): Promise<Native> {
  const evidence = await parts().archiveRuns.prepare(wanted, signal());
  return JSON.parse(JSON.stringify(evidence)) as Native;
}

async function sendNew(wanted: FilesStartRequest): Promise<string> {
  const { nativeId } = await parts().archiveRuns.send(await prepared(wanted), departure());
  return nativeId ?? '';
}

const heads = (): string[] =>
  (exchanges.at(-1)?.requestBody?.toString('latin1') ?? '')
    .split('\r\n')
    .filter((line) => /^content-/i.test(line));
const window = { from: Date.now(), until: Date.now() + 60_000 };

describe('a start with an archive', () => {
  test('of its own runs the flow that it names', async () => {
    const id = await sendNew(request({ entryPoint: 'other' }));
    expect(await parts().runs.get(id, signal())).toMatchObject({ process: null });
    expect(sandbox.ledger().at(-1)).toMatchObject({ details: { flow: 'other', project: null } });
    const start = exchanges.find(({ method }) => method === 'POST');
    expect(start?.requestBody?.includes(zip)).toBe(true);
  });

  test('in a project belongs to it; its repository would hide the archive', async () => {
    await sendNew(request({ process: 'Default:platform-checks:main:main' }));
    expect(sandbox.ledger().at(-1)).toMatchObject({
      details: { project: 'platform-checks', repository: null, flow: 'main' },
    });
  });

  test('sends files as files and parameters as texts, whatever they are called', async () => {
    await sendNew(
      request({
        files: [file('notes.txt', Buffer.from('x')), file('data/a.json', Buffer.from('{}'))],
        request: { arguments: { a: 1 }, meta: { note: 'own' } },
        parameters: { 'arguments.b.c': 'Größe', tags: 'one,two' },
      }),
    );
    expect(heads()).toEqual([
      'Content-Disposition: form-data; name="meta"',
      'Content-Type: application/json; charset=utf-8',
      'Content-Disposition: form-data; name="request"',
      'Content-Type: application/json; charset=utf-8',
      'Content-Disposition: form-data; name="arguments.b.c"',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Disposition: form-data; name="tags"',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Disposition: form-data; name="archive"; filename="archive"',
      'Content-Type: application/octet-stream',
      'Content-Disposition: form-data; name="notes.txt"; filename="notes.txt"',
      'Content-Type: application/octet-stream',
      'Content-Disposition: form-data; name="data/a.json"; filename="a.json"',
      'Content-Type: application/octet-stream',
    ]);
    const length = exchanges.at(-1)?.requestHeaders['content-length'];
    expect(length).toBe(String(exchanges.at(-1)?.requestBody?.length));
  });

  test('keeps the meta of its caller beside the mark', async () => {
    const wanted = request({ request: { meta: { note: 'own' } } });
    const run = await parts().runs.get(await sendNew(wanted), signal());
    expect(run).toMatchObject({ mark: wanted.mark, whole: { meta: { note: 'own' } } });
  });

  test('with files alone runs the flow of a repository', async () => {
    const files = [file('notes.txt', Buffer.from('x'))];
    await sendNew(request({ archive: null, process: 'Default:platform-checks:main:', files }));
    expect(sandbox.ledger().at(-1)).toMatchObject({
      details: { repository: 'main', flow: 'default' },
    });
  });

  test.each([
    ['nothing to run', { archive: null }, 'invalid_request', 'archive'],
    [
      'a file that leaves its folder',
      { files: [{ name: '../x', id: '1', length: 1 }] },
      'invalid_request',
      '../x',
    ],
    [
      'a file from the root',
      { files: [{ name: '/x', id: '1', length: 1 }] },
      'invalid_request',
      '/x',
    ],
    [
      'a name that would end its header',
      { files: [{ name: 'a"\r\nX: y', id: '1', length: 1 }] },
      'invalid_request',
      'a"\r\nX: y',
    ],
    [
      'a name that would arrive as another',
      { files: [{ name: 'ü.txt', id: '1', length: 1 }] },
      'invalid_request',
      'ü.txt',
    ],
    [
      'a parameter that means a project',
      { parameters: { projectId: 'x' } },
      'invalid_request',
      'projectId',
    ],
    ['a parameter that means the mark', { parameters: { Meta: '{}' } }, 'invalid_request', 'Meta'],
    [
      'a mark of its own',
      { request: { meta: { gatewayRunId: 'r-1' } } },
      'invalid_request',
      'request.meta.gatewayRunId',
    ],
    [
      'a parameter that is the mark',
      { parameters: { 'meta.gatewayRunId': 'r-1' } },
      'invalid_request',
      'meta.gatewayRunId',
    ],
    [
      'a parameter below the mark',
      { parameters: { 'meta.gatewayRunId.x': 'r-1' } },
      'invalid_request',
      'meta.gatewayRunId.x',
    ],
    [
      'arguments that are none',
      { request: { arguments: [] } },
      'invalid_request',
      'request.arguments',
    ],
    ['meta that is none', { request: { meta: 'x' } }, 'invalid_request', 'request.meta'],
    ['a dry run', { request: { dryRun: true } }, 'invalid_request', 'dryRun'],
    [
      'a project that takes none',
      { process: 'Finance:finance-automation:main:' },
      'upstream_rejected',
      null,
    ],
    [
      'results of a project that gives none',
      { archive: null, process: 'Finance:finance-automation:main:', parameters: { out: 'a' } },
      'upstream_rejected',
      null,
    ],
    ['an unknown process', { process: 'Default:nope:main:' }, 'not_found', null],
    ['a disabled repository', { process: 'Finance:finance-automation:legacy:' }, 'conflict', null],
  ] as const)('with %s is refused before anything is sent', async (_name, changes, code, at) => {
    await expect(parts().archiveRuns.prepare(request(changes), signal())).rejects.toMatchObject({
      code,
      details: { outcome: 'not_sent', ...(at === null ? {} : { errors: [{ at }] }) },
    });
    expect(exchanges.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('says which setting of the project stands in the way', async () => {
    const wanted = request({ process: 'Finance:finance-automation:main:' });
    await expect(parts().archiveRuns.prepare(wanted, signal())).rejects.toThrow(/rawPayloadMode/);
  });

  test('opens no file without its permit', async () => {
    const evidence = await prepared(request());
    opened.length = 0;
    const late = new Error('too late');
    const sending = parts().archiveRuns.send(
      evidence,
      departure(() => {
        throw late;
      }),
    );
    await expect(sending).rejects.toBe(late);
    expect(opened).toEqual([]);
  });

  test('whose file is not as long as it was is not started', async () => {
    const evidence = await prepared(request());
    for (const id of contents.keys()) contents.set(id, Buffer.from('short'));
    await expect(parts().archiveRuns.send(evidence, departure())).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(sandbox.ledger()).toEqual([]);
  });

  test('whose file is gone is not started', async () => {
    const evidence = await prepared(request());
    const gone = { ...departure(), openFile: () => Promise.reject(new Error('gone')) };
    await expect(parts().archiveRuns.send(evidence, gone)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
    expect(sandbox.ledger()).toEqual([]);
  });

  test.each([
    ['a project', 'Default:platform-checks:main:main'],
    ['no project', null],
  ])('in %s is found again when its answer was lost', async (_name, process) => {
    const wanted = request({ process });
    const evidence = await prepared(wanted);
    const part = parts().archiveRuns;
    expect(await part.reconcile(evidence, window, signal())).toEqual({ state: 'absent' });
    await sendNew(request());
    const fault = { kind: 'resetAfterEffect' } as const;
    sandbox.faults.add({ method: 'POST', path: '^/api/v1/process$', times: 1, fault });
    await expect(part.send(evidence, departure())).rejects.toMatchObject({
      details: { sent: 'maybe' },
    });
    expect(await part.reconcile(evidence, window, signal())).toMatchObject({
      state: 'applied',
      receipt: { nativeId: sandbox.ledger().at(-1)?.details['id'] },
    });
  });
});

test.each([
  ['small', 10_000, 40],
  ['large', 25_000_000, 100_000],
  ['very large', 2_000_000_000, 300_000],
])('an archive that is %s may take its time, and no longer', async (_name, length, uploadMs) => {
  const { archiveRuns } = parts();
  const evidence = await prepared(request({ archive: { name: 'archive', id: 'one', length } }));
  expect([archiveRuns.timeoutMs, archiveRuns.uploadMs?.(evidence)]).toEqual([10_000, uploadMs]);
});

test('a large archive is never whole in memory', async () => {
  const length = 200 * 1_024 ** 2;
  const piece = Buffer.alloc(256 * 1_024, 1);
  let received = 0;
  const server = createServer((incoming, response) => {
    incoming.on('data', (chunk: Buffer) => (received += chunk.length));
    incoming.on('end', () => {
      const body = JSON.stringify({ instanceId: randomUUID(), ok: true });
      response.setHeader('content-type', 'application/json').end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  function* pieces(): Generator<Buffer> {
    for (let at = 0; at < length; at += piece.length) yield piece;
  }
  const evidence = await prepared(request({ archive: { name: 'archive', id: 'large', length } }));
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 20);
  const openFile = (): Promise<Readable> =>
    Promise.resolve(Readable.from(pieces(), { objectMode: false }));
  await parts(url).archiveRuns.send(evidence, { ...departure(), openFile });
  clearInterval(watch);
  server.close();
  expect(received).toBeGreaterThan(length);
  expect(most).toBeLessThan(length / 2);
});
