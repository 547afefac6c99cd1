import { describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Native } from '../../src/domain/native.ts';
import type { FilesStartRequest, RunRef } from '../../src/domain/run.ts';
import type { SentWindow } from '../../src/domain/write.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import { expectRecord } from '../conformance/runner.ts';
import type { OpenAdapter } from '../support/open-adapter.ts';
import { startProxy } from './proxy.ts';
import {
  connect,
  departure,
  keyOf,
  partsOf,
  RealRuns,
  requestOf,
  signal,
  testMs,
  url,
} from './runs-stage.ts';

jest.setTimeout(testMs);

const real = new RealRuns();

describe.each([
  ['form', (): OpenAdapter => real.open],
  ['path', (): OpenAdapter => real.byPath],
])('a start by %s', (_style, adapter) => {
  test('carries input, labels, results and its mark', async () => {
    const labels = ['nightly'];
    const request = requestOf(
      'default',
      { input: { name: 'Größe' }, labels },
      { out: ['greeting'] },
    );
    const run = await real.begin(request, adapter());
    const record = await real.ended(run);
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
    const run = await real.ended(await real.begin(request, adapter()));
    expect(run).toMatchObject({ process: request.process, status: 'failed', error: null });
    expect((await real.logOf(run)).toString()).toContain('no/such flow');
  });
});

describe('a start', () => {
  test('of the flow that the project file chooses', async () => {
    const run = await real.ended(await real.begin(requestOf('')));
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
    const own = (
      await real.parts().runs.since(new Date(from - 60_000).toISOString(), signal())
    ).filter(({ mark }) => mark === request.mark);
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
    const part = real.parts().archiveRuns;
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
    expect(await real.parts().archiveRuns.reconcile(evidence, sent, signal())).toEqual({
      state: 'applied',
      receipt: { nativeId: run.nativeId },
    });
    expect(await real.ended(run)).toMatchObject({ status: 'succeeded', process: null });
    const text = (await real.logOf(run)).toString();
    expect(text).toContain('note Größe, deep 日本');
    expect(text).toContain('file from a file');
  });

  test('in a project runs what the archive holds, not its repository', async () => {
    const [run] = await beginWith({ process: keyOf('default') });
    const record = await real.ended(run);
    expect(record.native).toMatchObject({ projectName: 'platform-checks' });
    expect((await real.logOf(run)).toString()).toContain('default of the archive');
  });

  test('is refused by a project that takes none', async () => {
    const process = 'Finance:finance-automation:main:';
    await expect(
      real.parts().archiveRuns.prepare(startOf({ process }), signal()),
    ).rejects.toMatchObject({ code: 'upstream_rejected' });
  });
});
