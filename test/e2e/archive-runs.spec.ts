import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { readMultipart, type Part } from '../../src/sandbox/concord/multipart.ts';
import { watchers } from '../../src/sandbox/kit/sandbox.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import { eventually } from '../support/eventually.ts';
import { type FormPart, sendBody, sendFile, sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { list, send } from '../support/http.ts';
import type { Program } from '../support/program.ts';
import { sendRaw } from '../support/raw-http.ts';
import { ended, newKey, runOf, runThat, startsOn } from '../support/runs.ts';

jest.setTimeout(120_000);

const megabyte = 1_024 ** 2;
const flows = 'flows:\n  main:\n    - log: "from an archive"\n    - set: {answer: 42}\n';
const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(flows) }]);
const smoke = 'concord:Default:platform-checks:main:Smoke%20test';
const archive: FormPart = ['archive', zip, 'flow.zip', 'application/zip'];
const connection: FormPart = ['connection', 'concord'];
const entryPoint: FormPart = ['entryPoint', 'main'];

let stage: Stage;
let gateway: Gateway;
let worker: Program;
/** The form of the newest start that has reached the platform. */
let received = new Map<string, Part>();

const watch: Parameters<typeof watchers.add>[0] = (sandbox, { method, url, ...exchange }) => {
  if (sandbox !== 'concord' || method !== 'POST' || !url.endsWith('/api/v1/process')) return;
  const { requestHeaders, requestBody } = exchange;
  const parts = readMultipart(requestHeaders['content-type'] ?? '', requestBody ?? Buffer.alloc(0));
  received = new Map((parts ?? []).map((part) => [part.name, part]));
};

beforeAll(async () => {
  stage = await Stage.open();
  watchers.add(watch);
  [gateway, worker] = await Promise.all([stage.gateway(), stage.worker()]);
});
beforeEach(() => {
  received = new Map();
});
afterEach(() => {
  stage.forget();
});
afterAll(async () => {
  watchers.delete(watch);
  await stage.close();
});

const post = <T = Run>(parts: readonly FormPart[], headers = {}, query = '') =>
  sendForm<T>(gateway, `/v1/runs${query}`, parts, headers);
const refused = (parts: readonly FormPart[], headers = {}, query = '') =>
  post<Problem>(parts, headers, query);
const kept = (): string[] => {
  try {
    return readdirSync(join(stage.folder, 'files'));
  } catch {
    return [];
  }
};
const places = ({ body }: { body: Problem }): string[] =>
  (body['errors'] as { at: string }[]).map(({ at }) => at);

describe('a start with files', () => {
  it('brings all of them to the platform as they are, and keeps none', async () => {
    const random = createHash('sha512').update('bytes').digest();
    const before = startsOn(stage, 'concord');
    const { status, headers, body } = await post([
      ['notes.txt', Buffer.from('no parameter\r\n--'), 'notes.txt', 'text/plain'],
      ['arguments.greeting.text', 'schöne Grüße'],
      archive,
      ['data/bytes.bin', random, 'bytes.bin'],
      ['request', '{"arguments": {"count": 3}, "tags": ["files"]}'],
      entryPoint,
      connection,
    ]);
    expect([status, body.status, body.process]).toEqual([202, 'queued', null]);
    expect(headers['location']).toBe(`/v1/runs/${encodeURIComponent(body.id)}`);
    expect(body.input).toEqual({
      arguments: { count: 3 },
      tags: ['files'],
      'arguments.greeting.text': 'schöne Grüße',
    });
    const run = await ended(gateway, body.id);
    expect([run.status, run.outcome, run.process]).toEqual(['succeeded', 'applied', null]);
    expect(startsOn(stage, 'concord')).toBe(before + 1);
    const sent = [...received.values()].map(({ name, type, content }) => [name, type, content]);
    expect(sent).toEqual(
      expect.arrayContaining([
        ['archive', 'application/octet-stream', zip],
        ['notes.txt', 'application/octet-stream', Buffer.from('no parameter\r\n--')],
        ['data/bytes.bin', 'application/octet-stream', random],
        ['arguments.greeting.text', 'text/plain', Buffer.from('schöne Grüße')],
        ['entryPoint', 'text/plain', Buffer.from('main')],
      ]),
    );
    expect(JSON.parse(received.get('request')?.content.toString() ?? '')).toEqual({
      arguments: { count: 3 },
      tags: ['files'],
    });
    await eventually(() => {
      expect(kept()).toEqual([]);
    });
  });

  it.each([
    ['was lost on its way', 'reset'],
    ['was lost on its way back', 'resetAfterEffect'],
  ] as const)(
    'that %s runs once all the same, long before an upload could end',
    async (_name, kind) => {
      const before = startsOn(stage, 'concord');
      stage.sandbox('concord').faults.add({
        method: 'POST',
        path: '^/api/v1/process$',
        times: 1,
        fault: { kind },
      });
      const { body } = await post([archive, entryPoint, connection]);
      const run = await runThat(gateway, body.id, ({ final }) => final, 60_000);
      expect([run.status, run.outcome]).toEqual(['succeeded', 'applied']);
      expect(startsOn(stage, 'concord')).toBe(before + 1);
    },
  );

  it('of a process needs no archive', async () => {
    const { body } = await post([
      ['process', smoke],
      ['list.csv', Buffer.from('a,b'), 'x.csv'],
    ]);
    const run = await ended(gateway, body.id);
    expect([run.process, run.status]).toEqual([smoke, 'succeeded']);
    expect(received.get('list.csv')?.content.toString()).toBe('a,b');
    expect(received.get('repo')?.content.toString()).toBe('main');
  });

  it('waits for the end and its output when asked to', async () => {
    const { status, headers, body } = await post(
      [connection, archive, entryPoint, ['request', '{"out": ["answer"]}']],
      { prefer: 'wait=40' },
    );
    expect([status, headers['preference-applied']]).toEqual([200, 'wait=40']);
    expect([body.status, body.output]).toEqual(['succeeded', { answer: 42 }]);
  });

  it.each(['application/zip', 'application/octet-stream'])(
    'may be nothing but a ZIP as %s',
    async (type) => {
      const query = '?connection=concord&entryPoint=main&wait=40';
      const { status, body } = await sendBody<Run>(gateway, `/v1/runs${query}`, zip, {
        'content-type': type,
      });
      expect([status, body.status]).toEqual([200, 'succeeded']);
      expect(received.get('archive')?.content).toEqual(zip);
      expect(received.get('entryPoint')?.content.toString()).toBe('main');
    },
  );

  it('is done once for each key, whatever the order of its parts and its boundary', async () => {
    const before = startsOn(stage, 'concord');
    const [key, file] = [newKey(), ['a.txt', Buffer.from('a'), 'a.txt'] as const];
    const parts = [connection, archive, entryPoint, ['x', '1'] as const, file];
    const first = await post(parts, key);
    const again = await post([...parts].reverse(), key);
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect(again.headers['idempotency-replayed']).toBe('?1');
    for (const other of [
      [connection, archive, entryPoint, ['x', '2'] as const, file],
      [
        connection,
        archive,
        entryPoint,
        ['x', '1'] as const,
        ['a.txt', Buffer.from('b'), 'a'] as const,
      ],
    ]) {
      const { status, body } = await refused(other, key);
      expect([status, body.code]).toEqual([422, 'idempotency_key_reused']);
    }
    await ended(gateway, first.body.id);
    expect(startsOn(stage, 'concord')).toBe(before + 1);
    await eventually(() => {
      expect(kept()).toEqual([]);
    });
  });

  it('is done once when many come at once', async () => {
    const before = startsOn(stage, 'concord');
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post([connection, archive, entryPoint], key)),
    );
    for (const { status } of answers) expect([202, 409]).toContain(status);
    const [first] = answers.filter(({ status }) => status === 202);
    await ended(gateway, first?.body.id ?? '');
    expect(startsOn(stage, 'concord')).toBe(before + 1);
    await eventually(() => {
      expect(kept()).toEqual([]);
    });
  });

  it('is sent again with its files when nothing of it was taken', async () => {
    const busy = { method: 'POST', path: '/api/v1/process$', times: 1 };
    stage.sandbox('concord').faults.add({ ...busy, fault: { kind: 'status', status: 429 } });
    const before = startsOn(stage, 'concord');
    const { body } = await post([connection, archive, entryPoint], { prefer: 'wait=40' });
    expect([body.status, body.outcome]).toEqual(['succeeded', 'applied']);
    expect(startsOn(stage, 'concord')).toBe(before + 1);
    expect(received.get('archive')?.content).toEqual(zip);
  });
});

describe('a start with files is refused, and nothing of it is kept or sent,', () => {
  let before: number;
  beforeEach(() => {
    before = startsOn(stage, 'concord');
  });
  afterEach(() => {
    expect(startsOn(stage, 'concord')).toBe(before);
    expect(kept()).toEqual([]);
  });

  it('when it does not say of what', async () => {
    const answer = await refused([archive]);
    expect([answer.status, answer.body.outcome, places(answer)]).toEqual([
      400,
      'not_sent',
      ['process'],
    ]);
    expect(answer.body.detail).toMatch(/connection/);
  });

  it('when the archive is no ZIP', async () => {
    const answer = await refused([connection, ['archive', Buffer.from('<html>'), 'a.zip']]);
    expect([answer.status, answer.body.code, places(answer)]).toEqual([
      422,
      'invalid_file',
      ['archive'],
    ]);
  });

  it('when it is said to be a ZIP and is nothing', async () => {
    const nothing = await sendBody<Problem>(
      gateway,
      '/v1/runs?connection=concord',
      new Uint8Array(0),
      { 'content-type': 'application/zip' },
    );
    expect([nothing.status, places(nothing)]).toEqual([422, ['archive']]);
  });

  it('when its request is no JSON', async () => {
    const answer = await refused([connection, archive, ['request', '{"arguments": }']]);
    expect([answer.status, places(answer)]).toEqual([400, ['request']]);
  });

  it('when a file would leave its folder', async () => {
    const answer = await refused([connection, archive, ['../x', Buffer.from('x'), 'x']]);
    expect([answer.status, answer.body.code, places(answer)]).toEqual([
      422,
      'invalid_file',
      ['../x'],
    ]);
  });

  it('when it has too many parts', async () => {
    const many = Array.from({ length: 101 }, (_, at): FormPart => [`p${at}`, 'x']);
    expect((await refused(many)).status).toBe(413);
  });

  it('when it is too large, however long it is said to be', async () => {
    const small = await stage.gateway({ config: { files: { maxBytes: '1MB' } } });
    const large = Buffer.concat([zip, Buffer.alloc(8 * megabyte)]);
    const known = await sendForm<Problem>(small, '/v1/runs', [connection, ['archive', large, 'a']]);
    expect([known.status, known.body.code]).toEqual([413, 'too_large']);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const head =
      'POST /v1/runs?connection=concord HTTP/1.1\r\nHost: a\r\nContent-Type: application/zip\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    const endless = `${head}6\r\nPK\u0003\u0004xx\r\n${chunk.repeat(40)}`;
    const unknown = await sendRaw<Problem>(small, endless);
    expect([unknown.status, unknown.body.code]).toEqual([413, 'too_large']);
  });

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded'])(
    'when it is %s',
    async (type) => {
      const { status, body } = await send(gateway, 'post', '/v1/runs', {
        headers: { 'content-type': type },
        body: type.endsWith('json') ? '{"connection": "concord"}' : 'connection=concord',
      });
      expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
    },
  );

  it('when it has no body', async () => {
    const { status, body } = await send(gateway, 'post', '/v1/runs?connection=concord');
    expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
  });

  it('when it is broken off', async () => {
    const head = `POST /v1/runs HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 170\r\nConnection: close\r\n\r\n`;
    const form = `--b\r\nContent-Disposition: form-data; name="archive"; filename="a"\r\n\r\nPK\u0003\u0004`;
    const answer = await sendRaw<Problem>(gateway, head + form.padEnd(170, 'x'));
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });

  it('when its caller hangs up', async () => {
    const head = `POST /v1/runs?connection=concord HTTP/1.1\r\nHost: a\r\nContent-Type: application/zip\r\nContent-Length: 100000\r\n\r\nPK\u0003\u0004`;
    const { hostname, port } = new URL(gateway.baseUrl);
    const { connect } = await import('node:net');
    const socket = connect(Number(port), hostname, () => socket.write(head + 'x'.repeat(50_000)));
    await eventually(() => {
      expect(kept()).toHaveLength(1);
    });
    socket.destroy();
    await eventually(() => {
      expect(kept()).toEqual([]);
    });
  });

  it('by platforms that take no files, before they are asked anything', async () => {
    const quiet = await Stage.open();
    try {
      // Without a worker nobody asks anything but this.
      const alone = await quiet.gateway();
      await list(alone);
      quiet.forget();
      for (const platform of ['uipath', 'odsl', 'frends']) {
        const parts: FormPart[] = [['connection', platform], archive];
        for (const { status, body } of [
          await sendForm<Problem>(alone, '/v1/runs', parts),
          await sendForm<Problem>(alone, `/v1/runs?connection=${platform}`, [archive]),
          await sendForm<Problem>(alone, '/v1/runs', [['process', `${platform}:ANY`], archive]),
        ]) {
          expect([status, body.code, body.connection]).toEqual([
            501,
            'capability_not_supported',
            platform,
          ]);
        }
      }
      expect(quiet.requestCount()).toBe(0);
    } finally {
      await quiet.close();
    }
  });

  it('of what there is not', async () => {
    expect((await refused([['connection', 'nowhere'], archive])).status).toBe(404);
    expect((await refused([['process', 'nowhere:x'], archive])).status).toBe(404);
    expect((await refused([['process', 'concord:Default:nope:main:main'], archive])).status).toBe(
      404,
    );
  });

  it('when the project takes no archives, naming the setting', async () => {
    const finance: FormPart = ['process', 'concord:Finance:finance-automation:main:'];
    const { status, body } = await refused([finance, archive], { prefer: 'wait=30' });
    expect([status, body.code, body.outcome]).toEqual([422, 'upstream_rejected', 'not_sent']);
    expect(body.detail).toMatch(/rawPayloadMode/);
  });

  it('without a key where one is needed', async () => {
    const strict = await stage.gateway({ config: { runs: { requireIdempotencyKey: true } } });
    const answer = await sendForm<Problem>(strict, '/v1/runs', [connection, archive]);
    expect([answer.status, places(answer)]).toEqual([400, ['Idempotency-Key']]);
  });
});

describe('forms', () => {
  it('are for this route alone', async () => {
    const elsewhere = await sendForm<Problem>(
      gateway,
      `/v1/processes/${encodeURIComponent(smoke)}/runs`,
      [archive],
    );
    expect([elsewhere.status, elsewhere.body.code]).toEqual([415, 'unsupported_media_type']);
    expect((await sendForm<Problem>(gateway, '/v1/nowhere', [archive])).status).toBe(404);
  });
});

it('a large archive is never whole in memory', async () => {
  const [size, most] = [200 * megabyte, 150 * megabyte];
  const file = join(stage.folder, 'large.zip');
  // Bytes of no archive before one belong to nobody (APPNOTE.TXT §4.1.9): it only has to begin like one.
  writeFileSync(file, Buffer.concat([zip, Buffer.alloc(size - 2 * zip.length, 7), zip]));
  const programs = [gateway, worker];
  const before = programs.map(residentBytes);
  const peaks = [...before];
  const watchMemory = setInterval(() => {
    for (const [at, program] of programs.entries())
      peaks[at] = Math.max(peaks[at] ?? 0, residentBytes(program));
  }, 20);
  try {
    const type = { 'content-type': 'application/zip' };
    const query = '?connection=concord&entryPoint=main';
    const { status, body } = await sendFile<Run>(gateway, `/v1/runs${query}`, file, type);
    expect(status).toBe(202);
    await eventually(async () => {
      expect((await runOf(gateway, body.id)).outcome).toBe('applied');
    }, 60_000);
  } finally {
    clearInterval(watchMemory);
  }
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const arrived = received.get('archive')?.content ?? Buffer.alloc(0);
  expect(createHash('sha256').update(arrived).digest('hex')).toBe(sha256);
  const grown = peaks.map((peak, at) => Math.round((peak - (before[at] ?? 0)) / megabyte));
  process.stdout.write(`resident memory of gateway and worker grew by ${grown.join(' and ')} MB\n`);
  for (const each of grown) expect(each * megabyte).toBeLessThan(most);
});

function residentBytes({ pid }: Program): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) * 1_024;
}
