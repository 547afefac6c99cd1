import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import { sendBody, sendForm } from '../support/form.ts';
import { type Answer, get, type MergedList } from '../support/http.ts';
import { newKey, start } from '../support/runs.ts';
import { ConcordStage, flowOf, patienceMs } from './gateway-stage.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { realServer, send } from './server.ts';

jest.setTimeout(patienceMs + 60_000);

/** What the server says of a run. */
interface Entry {
  readonly instanceId: string;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, unknown>>;
}

let cutting: Proxy;
let counting: Proxy;
let stage: ConcordStage;

beforeAll(async () => {
  const { url } = realServer();
  [cutting, counting] = await Promise.all([startProxy(url, 'POST'), startProxy(url)]);
  const connections = {
    concord: {},
    'by-path': { startStyle: 'path' },
    cut: { baseUrl: cutting.url },
    counted: { baseUrl: counting.url },
  };
  stage = await ConcordStage.open(connections, 2);
});
afterAll(async () => {
  await stage.close();
  await Promise.all([cutting.close(), counting.close()]);
});

/** The runs that the server itself shows of these starts. */
async function onServer(ids: readonly string[]): Promise<Entry[]> {
  const path = '/api/v2/process?orgName=Default&projectName=platform-checks&limit=1000';
  const { text } = await send(realServer(), { method: 'GET', path });
  const marks = new Set(ids.map((id) => id.slice(id.indexOf(':') + 1)));
  return (JSON.parse(text) as Entry[]).filter(({ meta }) =>
    marks.has(String(meta['gatewayRunId'])),
  );
}

async function logOf(id: string): Promise<string> {
  return (await get(stage, `/v1/runs/${encodeURIComponent(id)}/log`)).text;
}

describe.each([
  ['form', 'concord'],
  ['path of 2017', 'by-path'],
])('a start by %s', (_style, connection) => {
  const body = { input: { name: 'Größe' }, labels: ['nightly'], options: { out: ['greeting'] } };

  test('is answered with its output when that is waited for', async () => {
    const flow = flowOf('default', connection);
    const { status, headers, body: run } = await start(stage, flow, body, { prefer: 'wait=60' });
    expect([status, headers['preference-applied']]).toEqual([200, 'wait=60']);
    expect(run).toMatchObject({
      process: flow,
      status: 'succeeded',
      final: true,
      outcome: 'applied',
      input: { name: 'Größe' },
      output: { greeting: 'hello Größe' },
      labels: ['nightly'],
      error: null,
    });
    expect(await onServer([run.id])).toMatchObject([
      { instanceId: run.nativeId, tags: ['nightly'] },
    ]);
    const byNative = await get<Run>(stage, `/v1/runs/${connection}:${run.nativeId ?? ''}`);
    expect(byNative.body.id).toBe(run.id);
  });

  test('is accepted at once, and waited for later', async () => {
    const { status, headers, body: begun } = await start(stage, flowOf('default', connection));
    expect([status, begun.final]).toEqual([202, false]);
    const { body } = await get<Run>(stage, `${headers['location'] ?? ''}?wait=60`);
    expect([body.id, body.status, body.outcome]).toEqual([begun.id, 'succeeded', 'applied']);
  });
});

describe('a start from an archive', () => {
  const project = [
    'configuration:',
    '  runtime: concord-v2',
    '  arguments: { note: none, deep: { er: none } }',
    'flows:',
    '  default:',
    '    - log: "nothing came along"',
    '  other:',
    '    - log: "note ${note}, deep ${deep.er}"',
    '    - log: "file ${resource.asString(\'notes.txt\')}"',
  ].join('\n');
  const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(project) }]);

  test('that is the body', async () => {
    const { status, body } = await sendBody<Run>(
      stage,
      '/v1/runs?connection=concord&entryPoint=default&wait=60',
      zip,
      { 'content-type': 'application/octet-stream' },
    );
    expect([status, body.status, body.outcome, body.process]).toEqual([
      200,
      'succeeded',
      'applied',
      null,
    ]);
    expect(await logOf(body.id)).toContain('nothing came along');
  });

  test('in a form brings further files and parameters', async () => {
    const { status, body } = await sendForm<Run>(
      stage,
      '/v1/runs',
      [
        ['connection', 'concord'],
        ['entryPoint', 'other'],
        ['archive', zip, 'flows.zip', 'application/zip'],
        ['notes.txt', Buffer.from('from a file, größer'), 'notes.txt', 'text/plain'],
        ['request', '{"arguments": {"note": "Größe"}}'],
        ['arguments.deep.er', '日本'],
      ],
      { prefer: 'wait=60' },
    );
    expect([status, body.status, body.outcome]).toEqual([200, 'succeeded', 'applied']);
    const log = await logOf(body.id);
    expect(log).toContain('note Größe, deep 日本');
    expect(log).toContain('file from a file, größer');
  });

  test('is refused for a project that takes none, naming the setting', async () => {
    const { status, body } = await sendForm<Problem>(stage, '/v1/runs', [
      ['process', 'concord:Finance:finance-automation:main:'],
      ['archive', zip, 'flows.zip'],
    ]);
    expect([status, body.code, body.outcome]).toEqual([422, 'upstream_rejected', 'not_sent']);
    expect(body.detail).toMatch(/rawPayloadMode/);
  });
});

test('a start whose answer was lost is found again, and is done once', async () => {
  const key = newKey();
  const flow = flowOf('default', 'cut');
  const { status, body } = await start(stage, flow, {}, key);
  expect([status, body.nativeId]).toEqual([202, null]);
  const run = await stage.ended(body.id);
  expect([run.status, run.outcome, run.evidence]).toEqual(['succeeded', 'applied', null]);
  expect(cutting.kept).toEqual([200]);
  expect(await onServer([run.id])).toMatchObject([{ instanceId: run.nativeId }]);
  const again = await start(stage, flow, {}, key);
  expect([again.status, again.body.id]).toEqual([202, run.id]);
  expect(again.headers['idempotency-replayed']).toBe('?1');
  expect(cutting.requests.filter((each) => each.startsWith('POST'))).toHaveLength(1);
});

describe('sixty starts at once', () => {
  const many = 60;
  /** The server is asked for its runs so often, at most: one poller looks at all of them every two seconds. */
  const mostASecond = 0.5;
  let runs: readonly Run[] = [];
  let begunAt = 0;

  const asked = (path: RegExp): string[] => counting.requests.filter((each) => path.test(each));

  test('are all accepted, and each run goes on to its end', async () => {
    begunAt = performance.now();
    const answers = await Promise.all(
      Array.from({ length: many }, (_, n) =>
        start(stage, flowOf('default', 'counted'), { input: { name: `run ${n}` } }, newKey()),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    runs = await Promise.all(answers.map(({ body }) => stage.ended(body.id)));
    for (const { status, outcome } of runs)
      expect([status, outcome]).toEqual(['succeeded', 'applied']);
  });

  test('are looked at together, however many they are', () => {
    const seconds = (performance.now() - begunAt) / 1_000;
    const lists = asked(/^GET \/api\/v2\/process\?/).length;
    const single = asked(/^GET \/api\/v2\/process\/./).length;
    process.stdout.write(
      `${many} runs in ${Math.round(seconds)} s took ${lists} lists and ${single} reads of one run\n`,
    );
    expect(lists + single).toBeLessThan(seconds * mostASecond);
  });

  test('are as many runs on the server, and in the list', async () => {
    expect(asked(/^POST /)).toHaveLength(many);
    const found = await onServer(runs.map(({ id }) => id));
    expect(found.map(({ instanceId }) => instanceId).sort()).toEqual(
      runs.map(({ nativeId }) => nativeId).sort(),
    );
    const listed: Answer<MergedList<Run>> = await get(
      stage,
      `/v1/runs?connection=counted&limit=200&startedAfter=${oldest(runs)}`,
      { 'cache-control': 'no-cache' },
    );
    const known = new Set(runs.flatMap(({ id, nativeId }) => [id, `counted:${nativeId ?? ''}`]));
    expect(
      listed.body.data
        .map(({ id }) => id)
        .filter((id) => known.has(id))
        .sort(),
    ).toEqual(runs.map(({ id }) => id).sort());
  });
});

/** When the first of them was made. */
function oldest(runs: readonly Run[]): string {
  return runs.map(({ createdAt }) => createdAt).toSorted()[0] ?? '';
}
