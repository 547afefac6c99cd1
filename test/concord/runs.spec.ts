import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AdapterParts } from '../../src/domain/adapter.ts';
import type { Native } from '../../src/domain/native.ts';
import {
  type FilesStartRequest,
  isEnd,
  type RunRecord,
  type RunRef,
  type RunStatus,
  type StartRequest,
} from '../../src/domain/run.ts';
import type { Departure, SentWindow } from '../../src/domain/write.ts';
import { concord } from '../../src/platforms/concord/concord.platform.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import { expectRecord, refOf } from '../conformance/runner.ts';
import { eventually } from '../support/eventually.ts';
import { type OpenAdapter, openAdapter } from '../support/open-adapter.ts';
import { startProxy } from './proxy.ts';
import { realServer, send, start } from './server.ts';
import { shownBy } from '../../src/platforms/many-runs.testing.ts';

/** A run takes 6 to 20 s where nothing else goes on, the server runs three at once, and another spec starts sixty. */
const patienceMs = 600_000;
jest.setTimeout(1_200_000);

const { url } = realServer();
const keyOf = (flow: string): string => `Default:platform-checks:main:${encodeURIComponent(flow)}`;

function connect(at = url, changes: Readonly<Record<string, unknown>> = {}): OpenAdapter {
  const auth = { type: 'apiKey', key: { env: 'CONCORD_API_KEY' } };
  return openAdapter(concord, at, { auth, timeout: '20s', ...changes });
}

let open: OpenAdapter;
let byPath: OpenAdapter;
beforeAll(() => {
  open = connect();
  byPath = connect(url, { startStyle: 'path' });
});
afterAll(async () => {
  await open.close();
  await byPath.close();
});

const signal = (): AbortSignal => AbortSignal.timeout(patienceMs);
const partsOf = ({ adapter }: OpenAdapter): AdapterParts => adapter.parts as AdapterParts;
const parts = (): AdapterParts => partsOf(open);

function departure(files: ReadonlyMap<string, Buffer> = new Map()): Departure {
  const openFile = (id: string): Promise<Readable> =>
    Promise.resolve(Readable.from([files.get(id) ?? Buffer.alloc(0)]));
  return { signal: signal(), permit: () => undefined, openFile };
}

function requestOf(flow: string, changes: Partial<StartRequest> = {}, options = {}): StartRequest {
  return {
    process: flow === '' ? 'Default:platform-checks:main:' : keyOf(flow),
    version: null,
    deployment: null,
    input: {},
    labels: [],
    options: Object.assign(new concord.startOptions(), options),
    mark: `r-${randomUUID()}`,
    ...changes,
  };
}

async function begin(request: StartRequest, adapter = open): Promise<RunRef> {
  const { starts } = partsOf(adapter);
  const [evidence = {}] = await starts.prepare(request, signal());
  const { nativeId } = await starts.send(evidence, departure());
  return { nativeId: nativeId ?? '', process: request.process, createdAt: null };
}

async function until({ nativeId }: RunRef, ...statuses: readonly RunStatus[]): Promise<RunRecord> {
  const { whole, ...record } = await eventually(async () => {
    const run = await parts().runs.get(nativeId, signal());
    if (run !== null && statuses.includes(run.status)) return run;
    throw new Error(`it is ${run?.upstreamStatus ?? 'nowhere'}`);
  }, patienceMs);
  expect(whole).toMatchObject(record.native);
  return record;
}

const ended = (run: RunRef): Promise<RunRecord> =>
  until(run, 'succeeded', 'failed', 'cancelled', 'timed_out');

async function logOf({ nativeId }: RunRef, from = 0, to: number | null = null): Promise<Buffer> {
  const { log } = parts();
  if (log.kind !== 'bytes') throw new Error('no bytes');
  const found = await log.read(nativeId, from, to, signal());
  if (found === null) throw new Error('no log');
  const chunks: Uint8Array[] = [];
  for await (const chunk of found.content) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  expect(all.length).toBe(found.end - found.start);
  expect(found.start).toBeLessThanOrEqual(from);
  return all.subarray(from - found.start, (to ?? found.size) - found.start);
}

describe.each([
  ['form', (): OpenAdapter => open],
  ['path', (): OpenAdapter => byPath],
])('a start by %s', (_style, adapter) => {
  test('carries input, labels, results and its mark', async () => {
    const labels = ['nightly'];
    const request = requestOf(
      'default',
      { input: { name: 'Größe' }, labels },
      { out: ['greeting'] },
    );
    const run = await begin(request, adapter());
    const record = await ended(run);
    expectRecord(record);
    expect(record).toMatchObject({
      process: request.process,
      status: 'succeeded',
      output: { greeting: 'hello Größe' },
      error: null,
      labels,
      mark: request.mark,
      initiator: 'admin',
      form: null,
    });
    for (const at of [record.createdAt, record.startedAt, record.finishedAt])
      expect(at).toMatch(/Z$/);
  });

  test('shows its mark from the first moment on', async () => {
    const request = requestOf('default');
    const { starts } = partsOf(adapter());
    const [evidence = {}] = await starts.prepare(request, signal());
    const sent: SentWindow = { from: Date.now(), until: Date.now() + 60_000 };
    expect(await starts.reconcile(evidence, sent, signal())).toEqual({ state: 'absent' });
    const receipt = await starts.send(evidence, departure());
    expect(await starts.reconcile(evidence, sent, signal())).toEqual({ state: 'applied', receipt });
  });

  test('of a flow with a slash in its name runs that flow', async () => {
    const request = requestOf('no/such flow');
    const run = await ended(await begin(request, adapter()));
    expect(run).toMatchObject({ process: request.process, status: 'failed', error: null });
    expect((await logOf(run)).toString()).toContain('no/such flow');
  });
});

describe('a start', () => {
  test('of the flow that the project file chooses', async () => {
    const run = await ended(await begin(requestOf('')));
    expect(run).toMatchObject({ process: keyOf('default'), status: 'succeeded' });
  });

  test('whose answer was lost is found again, once', async () => {
    const proxy = await startProxy(url, 'POST');
    const behind = connect(proxy.url);
    const { starts } = partsOf(behind);
    const request = requestOf('default');
    const [evidence = {}] = await starts.prepare(request, signal());
    const from = Date.now();
    await expect(starts.send(evidence, departure())).rejects.toMatchObject({
      code: 'upstream_unavailable',
      details: { sent: 'maybe' },
    });
    expect(proxy.kept).toEqual([200]);
    const found = await starts.reconcile(evidence, { from, until: Date.now() }, signal());
    expect(found.state).toBe('applied');
    const nativeId = found.state === 'applied' ? found.receipt.nativeId : null;
    const own = (await parts().runs.since(new Date(from - 60_000).toISOString(), signal())).filter(
      ({ mark }) => mark === request.mark,
    );
    expect(own.map((run) => run.nativeId)).toEqual([nativeId]);
    await behind.close();
    await proxy.close();
  });
});

describe('a start with an archive', () => {
  const project = [
    'configuration:',
    '  runtime: concord-v2',
    '  arguments: { note: none }',
    'flows:',
    '  default:',
    '    - log: "default of the archive"',
    '  other:',
    '    - log: "note ${note}, deep ${deep.er}"',
    '    - log: "file ${resource.asString(\'notes.txt\')}"',
  ].join('\n');
  const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(project) }]);
  const files = new Map([
    ['zip', zip],
    ['notes', Buffer.from('from a file')],
  ]);

  const startOf = (changes: Partial<FilesStartRequest>): FilesStartRequest => ({
    process: null,
    entryPoint: null,
    archive: { name: 'archive', id: 'zip', length: zip.length },
    files: [],
    request: {},
    parameters: {},
    mark: `r-${randomUUID()}`,
    ...changes,
  });

  async function beginWith(changes: Partial<FilesStartRequest>): Promise<[RunRef, Native]> {
    const part = parts().archiveRuns;
    const evidence = await part.prepare(startOf(changes), signal());
    const { nativeId } = await part.send(evidence, departure(files));
    return [{ nativeId: nativeId ?? '', process: null, createdAt: null }, evidence];
  }

  test('alone, with a file and parameters', async () => {
    const from = Date.now();
    const [run, evidence] = await beginWith({
      entryPoint: 'other',
      files: [{ name: 'notes.txt', id: 'notes', length: 11 }],
      request: { arguments: { note: 'Größe' } },
      parameters: { 'arguments.deep.er': '日本' },
    });
    const sent = { from, until: Date.now() };
    expect(await parts().archiveRuns.reconcile(evidence, sent, signal())).toEqual({
      state: 'applied',
      receipt: { nativeId: run.nativeId },
    });
    expect(await ended(run)).toMatchObject({ status: 'succeeded', process: null });
    const text = (await logOf(run)).toString();
    expect(text).toContain('note Größe, deep 日本');
    expect(text).toContain('file from a file');
  });

  test('in a project runs what the archive holds, not its repository', async () => {
    const [run] = await beginWith({ process: keyOf('default') });
    const record = await ended(run);
    expect(record.native).toMatchObject({ projectName: 'platform-checks' });
    expect((await logOf(run)).toString()).toContain('default of the archive');
  });

  test('is refused by a project that takes none', async () => {
    const process = 'Finance:finance-automation:main:';
    await expect(parts().archiveRuns.prepare(startOf({ process }), signal())).rejects.toMatchObject(
      { code: 'upstream_rejected' },
    );
  });
});

describe('what a run leaves', () => {
  let run: RunRecord;
  beforeAll(async () => {
    const lines = ['äöü', '日本語', '👩‍👩‍👧', 'x'.repeat(2_000)];
    run = await ended(await begin(requestOf('chatter', { input: { lines } })));
  });

  test('is a log, to the byte', async () => {
    const { text } = await send(realServer(), {
      method: 'GET',
      path: `/api/v1/process/${run.nativeId}/log`,
    });
    const all = Buffer.from(text);
    expect(await logOf(run)).toEqual(all);
    const { length } = all;
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [100, 120],
      [length - 1, length],
      [length - 40, null],
      [0, length],
      [127, 129],
      [0, 999_999],
    ] as const)
      expect(await logOf(run, from, to)).toEqual(all.subarray(from, to ?? length));
    for (let from = 0; from < length; from += 37)
      expect(await logOf(run, from, from + 11)).toEqual(all.subarray(from, from + 11));
    expect((await logOf(run, length)).length).toBe(0);
  });

  test('is files', async () => {
    const names = await parts().attachments.list(run, signal());
    expect(names?.map(({ name }) => name)).toContain('report.csv');
    const file = await parts().attachments.open(run, 'report.csv', signal());
    expect(file === null ? null : (await buffer(file.content)).toString()).toBe('total,42\n');
    for (const name of ['nope', 'a/b', '../report.csv'])
      expect(await parts().attachments.open(run, name, signal())).toBeNull();
  });

  test('is the same alone, together and in the list', async () => {
    const [other, third] = await Promise.all([
      begin(requestOf('default')).then(ended),
      begin(requestOf('failure')).then(ended),
    ]);
    const all = [run, other, third];
    const members = (each: RunRecord): object => ({ ...each, native: null });
    const sorted = (runs: readonly RunRecord[]): object[] =>
      runs.toSorted((a, b) => (a.nativeId < b.nativeId ? -1 : 1)).map(members);
    expect(sorted(await shownBy(parts().runs.getMany(all.map(refOf), signal())))).toEqual(
      sorted(all),
    );
    const ids = new Set(all.map(({ nativeId }) => nativeId));
    const since = await parts().runs.since(run.createdAt ?? '', signal());
    expect(sorted(since.filter(({ nativeId }) => ids.has(nativeId)))).toEqual(sorted(all));
  });
});

test('many runs are found by their marks, those of others beside them', async () => {
  const proxy = await startProxy(url);
  const behind = connect(proxy.url);
  const createdAt = new Date().toISOString();
  const own = await Promise.all([open, open, byPath].map((by) => begin(requestOf('default'), by)));
  const ids = await Promise.all([1, 2].map(() => start(realServer(), { entryPoint: 'default' })));
  const foreign = ids.map((nativeId) => ({ nativeId, process: keyOf('default'), createdAt }));
  const look = async (runs: readonly RunRef[]): Promise<readonly string[]> => {
    const from = proxy.requests.length;
    const refs = runs.map((run) => ({ ...run, createdAt }));
    const shown = await shownBy(partsOf(behind).runs.getMany(refs, signal()));
    expect(shown.map(({ nativeId }) => nativeId).sort()).toEqual(
      runs.map(({ nativeId }) => nativeId).sort(),
    );
    return proxy.requests.slice(from);
  };
  const byMark = expect.stringContaining('meta.gatewayRunId.startsWith=r-');
  expect(await look(own)).toEqual([byMark]);
  expect(await look([...own, ...foreign])).toEqual([byMark, expect.not.stringContaining('meta.')]);
  const place = 'orgName=Default&projectName=platform-checks&limit=1000';
  const { text } = await send(realServer(), {
    method: 'GET',
    path: `/api/v2/process?${place}&meta.gatewayRunId.startsWith=r-`,
  });
  const marked = (JSON.parse(text) as { instanceId: string }[]).map((run) => run.instanceId);
  expect(marked).toEqual(expect.arrayContaining(own.map(({ nativeId }) => nativeId)));
  for (const id of ids) expect(marked).not.toContain(id);
  await behind.close();
  await proxy.close();
});

describe('the course of a run', () => {
  test('that fails has its reason, and can begin anew', async () => {
    const run = await begin(requestOf('failure'));
    const reason = { code: null, message: 'no such invoice' };
    expect(await ended(run)).toMatchObject({ status: 'failed', error: reason });
    expect(await parts().restart.restart(run, signal())).toBe(true);
    expect(await parts().runs.get(run.nativeId, signal())).toMatchObject({
      error: null,
      finishedAt: null,
    });
    await expect(parts().restart.restart(run, signal())).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await ended(run)).status).toBe('failed');
  });

  test('can be stopped, and stopped again', async () => {
    const run = await begin(requestOf('sleep', { input: { seconds: 600 } }));
    await until(run, 'running');
    const stop = (cascade: boolean): Promise<boolean> =>
      parts().cancel.cancel(run, { force: false, cascade }, signal());
    expect([await stop(false), await stop(true)]).toEqual([true, true]);
    expect((await ended(run)).status).toBe('cancelled');
    expect(await stop(false)).toBe(true);
  });

  test('that waits for an event goes on with it', async () => {
    const run = await begin(requestOf('waiting'));
    expect((await until(run, 'suspended')).form).toBeNull();
    const resume = (event: string): Promise<boolean> =>
      parts().resume.resume(run, event, {}, signal());
    await expect(resume('nope')).rejects.toThrow('It waits for "go".');
    expect(await resume('go')).toBe(true);
    expect((await ended(run)).status).toBe('succeeded');
    await expect(resume('go')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('that waits for a person leads to the form', async () => {
    const run = await begin(requestOf('approval'));
    const record = await until(run, 'suspended');
    expect(record.form).toBe(`${url}/#/process/${run.nativeId}/wizard`);
    await expect(parts().resume.resume(run, 'go', {}, signal())).rejects.toThrow(/form/);
    await send(realServer(), {
      method: 'POST',
      path: `/api/v1/process/${run.nativeId}/form/approval`,
      headers: { 'content-type': 'application/json' },
      body: '{"approved":true}',
    });
    expect(await ended(run)).toMatchObject({ status: 'succeeded', form: null });
  });

  test('that is not there is nowhere', async () => {
    const run = { nativeId: randomUUID(), process: null, createdAt: null };
    const { runs, log, attachments, cancel, restart, resume } = parts();
    expect(await runs.get(run.nativeId, signal())).toBeNull();
    expect(await shownBy(runs.getMany([run], signal()))).toEqual([]);
    expect(log.kind === 'bytes' && (await log.read(run.nativeId, 0, null, signal()))).toBeNull();
    expect(await attachments.list(run, signal())).toBeNull();
    for (const cascade of [false, true])
      expect(await cancel.cancel(run, { force: false, cascade }, signal())).toBe(false);
    expect(await restart.restart(run, signal())).toBe(false);
    expect(await resume.resume(run, 'go', {}, signal())).toBe(false);
  });

  test('of every run of this server can be read', async () => {
    const all = await parts().runs.since('2000-01-01T00:00:00.000Z', signal());
    expect(all.length).toBeGreaterThan(10);
    all.forEach(expectRecord);
    expect(all.some(({ status }) => isEnd(status))).toBe(true);
  });
});
