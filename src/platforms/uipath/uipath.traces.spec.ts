import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import type { LogLine, RunRecord, RunRef } from '../../domain/run.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { uipathSandbox } from '../../sandbox/uipath/uipath.sandbox.ts';
import { MemoryBudgets } from '../../upstream/memory-budgets.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { UipathConfig } from './uipath.config.ts';
import { UipathConnector } from './uipath.module.ts';
import { UipathStartOptions } from './uipath.options.ts';
import { linesIn } from '../lines.testing.ts';
import { shownBy } from '../many-runs.testing.ts';

describe('what runs of UiPath leave, and how they are stopped', () => {
  let sandbox: Sandbox;
  let exchanges: Exchange[] = [];
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(15_000);

  beforeAll(async () => {
    sandbox = await startSandbox(uipathSandbox, {
      observe: (exchange) => exchanges.push(exchange),
    });
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

  function part<C extends keyof AdapterParts>(
    name: C,
    changes: Partial<UipathConfig> = {},
  ): AdapterParts[C] {
    const { parts } = new UipathConnector(upstreams, new MemoryBudgets()).open({
      ...z
        .object(connectionFields)
        .parse({ baseUrl: `${sandbox.url}/acme/Production/orchestrator_` }),
      id: 'uipath-eu',
      platform: 'uipath',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      folder: { path: 'Shared' },
      feed: 'tenant',
      pageSize: 500,
      listCallsPerMinute: 100,
      blobHosts: [],
      ...changes,
    });
    const found: Partial<AdapterParts>[C] = parts[name];
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }
  async function start(input: object): Promise<RunRef> {
    const [evidence = {}] = await part('starts').prepare(
      {
        process: 'SmokeTest',
        version: null,
        deployment: null,
        input: { ...input },
        labels: [],
        options: new UipathStartOptions(),
        mark: randomUUID(),
      },
      signal(),
    );
    const { nativeId } = await part('starts').send(evidence, {
      signal: signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('no file')),
    });
    return { nativeId: nativeId ?? '', process: 'SmokeTest', createdAt: null };
  }
  /** Waits until the run is in one of the states. */
  async function state({ nativeId }: RunRef, ...words: readonly string[]): Promise<RunRecord> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const run = await part('runs').get(nativeId, signal());
      if (run !== null && words.includes(run.upstreamStatus)) return run;
      if (Date.now() > deadline) throw new Error(`it is ${run?.upstreamStatus ?? 'gone'}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  const nobody = (): RunRef => ({ nativeId: randomUUID(), process: null, createdAt: null });
  const strange: RunRef = { nativeId: 'a:b', process: null, createdAt: null };
  /** The sandbox answers so, as often as it is asked. */
  function answers(path: string, status: number, body: unknown): void {
    sandbox.faults.add({ path, fault: { kind: 'status', status, body: JSON.stringify(body) } });
  }

  describe('logs', () => {
    async function lines(
      run: RunRef,
      pageSize = 500,
      after: string | null = null,
    ): Promise<readonly LogLine[] | null> {
      const log = part('log', { pageSize });
      if (log.kind !== 'lines') throw new Error('no lines');
      return linesIn(await log.lines(run, after, signal()));
    }

    test('are all lines in their order, whatever a page holds', async () => {
      const run = await start({ in_DurationMs: 5, in_Fail: true, in_Text: 'Büro' });
      await state(run, 'Faulted');
      const all = (await lines(run)) ?? [];
      expect(all.length).toBeGreaterThan(5);
      expect(all[0]).toMatchObject({ level: 'Info', message: 'SmokeTest execution started' });
      expect(all[1]?.message).toContain('Büro');
      expect(all.map(({ level }) => level)).toContain('Error');
      const times = all.map(({ at }) => at ?? '');
      expect([...times].sort()).toEqual(times);
      for (const pageSize of [1, 2, 3, 4]) expect(await lines(run, pageSize)).toEqual(all);
      const from = times[3] ?? '';
      expect(await lines(run, 2, from)).toEqual(all.filter(({ at }) => (at ?? '') >= from));
    });

    test('ask for a job by its bare key, and never skip far', async () => {
      const run = await start({ in_DurationMs: 1 });
      await state(run, 'Successful');
      exchanges = [];
      await lines(run, 2);
      const asked = exchanges
        .filter(({ url }) => url.includes('/odata/RobotLogs'))
        .map(({ url }) => new URL(url, 'http://sandbox').searchParams);
      expect(asked[0]?.get('$filter')).toBe(`JobKey eq ${run.nativeId}`);
      expect(asked[0]?.get('$orderby')).toBe('TimeStamp');
      for (const query of asked) expect(Number(query.get('$skip'))).toBeLessThan(6);
    });

    test('go on where a server does not count, and where lines have no time', async () => {
      const rows = ['a', 'b', 'c'].map((Message) => ({ Message, Level: 'Info', TimeStamp: null }));
      answers('RobotLogs.*skip=0', 200, { value: rows.slice(0, 2) });
      answers('RobotLogs.*skip=2', 200, { value: rows.slice(2) });
      answers('RobotLogs.*skip=3', 200, { value: [] });
      const found = await lines(nobody());
      expect(found?.map(({ message }) => message)).toEqual(['a', 'b', 'c']);
    });

    test('of runs that wrote nothing are empty, of no run null', async () => {
      expect(await lines(await start({ in_DurationMs: 1 }))).toEqual([]);
      expect(await lines(nobody())).toBeNull();
      expect(await lines(strange)).toBeNull();
    });
  });

  describe('attachments', () => {
    test('are listed and streamed, without credentials for the storage', async () => {
      const run = await start({ in_DurationMs: 1, in_OutputChars: 20_000 });
      const done = await state(run, 'Successful');
      expect(done.native['OutputFile']).toEqual(expect.any(String));
      const files = await part('attachments').list(run, signal());
      expect(files?.map(({ name }) => name).sort()).toEqual(['output.json', 'summary.csv']);
      exchanges = [];
      const file = await part('attachments').open(run, 'summary.csv', signal());
      expect(file).toMatchObject({
        fileName: 'summary.csv',
        mediaType: 'application/octet-stream',
      });
      const content = file === null ? '' : await text(file.content);
      expect(content).toContain('process;version;items');
      expect(file?.length).toBe(content.length);
      const [got] = exchanges.filter(({ url }) => url.startsWith('/blobs/'));
      expect(got?.requestHeaders).not.toHaveProperty('authorization');
      expect(await part('attachments').open(run, 'other.csv', signal())).toBeNull();
    });

    test('hold an output that is too long for its row, which is shown as far as it can be', async () => {
      const run = await start({ in_DurationMs: 1, in_OutputChars: 20_000 });
      const whole = { output: { out_Text: 'x'.repeat(20_000) }, isOutputLong: false };
      expect(await state(run, 'Successful')).toMatchObject(whole);
      const many = (): Promise<readonly RunRecord[]> =>
        shownBy(part('runs').getMany([run], signal()));
      expect(await many()).toMatchObject([whole]);
      const none = { status: 'succeeded', output: null, isOutputLong: true };
      for (const status of [403, 404]) {
        sandbox.faults.add({ path: '/blobs/', times: 3, fault: { kind: 'status', status } });
        expect(await many()).toMatchObject([none]);
        sandbox.faults.clear();
      }
      const longer = await start({ in_DurationMs: 1, in_OutputChars: 70_000 });
      expect(await state(longer, 'Successful')).toMatchObject(none);
    });

    test('of one name get names of their own', async () => {
      const row = { attachmentName: 'a.csv', jobKey: null };
      const ids = [1, 2, 3].map((at) => `00000000-0000-4000-8000-00000000000${at}`);
      const [one, two, three] = ids;
      answers('GetByJobKey', 200, [
        { ...row, attachmentId: three, creationTime: '2026-01-02T00:00:00Z' },
        { ...row, attachmentId: two, creationTime: '2026-01-01T00:00:00Z' },
        { ...row, attachmentId: one, creationTime: '2026-01-01T00:00:00Z' },
        { ...row, attachmentId: one, attachmentName: null },
      ]);
      const names = (await part('attachments').list(nobody(), signal()))?.map(({ name }) => name);
      expect(names).toEqual([one, 'a.csv', 'a (2).csv', 'a (3).csv']);
      exchanges = [];
      expect(await part('attachments').open(nobody(), 'a (3).csv', signal())).toBeNull();
      expect(exchanges.map(({ url }) => url).join()).toContain(`Attachments(${three ?? ''})`);
    });

    test('of no run are null, of one that the platform keeps none for empty', async () => {
      expect(await part('attachments').list(nobody(), signal())).toBeNull();
      expect(await part('attachments').list(strange, signal())).toBeNull();
      const run = await start({ in_DurationMs: 1 });
      sandbox.faults.add({ path: 'GetByJobKey', fault: { kind: 'status', status: 404 } });
      expect(await part('attachments').list(run, signal())).toEqual([]);
    });

    test.each([
      ['http://files.example.com/a?sig=hunter2', 'blobHosts'],
      ['https://files.example.com.evil.test/a?sig=hunter2', 'blobHosts'],
      ['https://example.com/a?sig=hunter2', 'blobHosts'],
    ])('are not read from %s', async (Uri, said) => {
      const id = randomUUID();
      answers('GetByJobKey', 200, [{ attachmentId: id, attachmentName: 'a.csv' }]);
      answers('/odata/Attachments', 200, { Id: id, BlobFileAccess: { Uri, Verb: 'GET' } });
      const attachments = part('attachments', { blobHosts: ['*.example.com'] });
      const error: unknown = await attachments
        .open(nobody(), 'a.csv', signal())
        .catch((caught: unknown) => caught);
      expect(String(error)).toContain(said);
      expect(String(error)).not.toContain('hunter2');
    });

    test('are read with credentials from the own server where the link asks for them, with no header that steers', async () => {
      const id = randomUUID();
      const own = `${sandbox.url}/acme/Production/orchestrator_`;
      const access = { Verb: 'GET', RequiresAuth: true };
      const Headers = { Keys: ['x-ms-version', 'Host', 'Authorization'], Values: ['1', 'h', 'a'] };
      answers('GetByJobKey', 200, [{ attachmentId: id, attachmentName: 'a' }]);
      const link = { ...access, Uri: `${own}/odata/Folders?$top=1`, Headers };
      answers('/odata/Attachments', 200, { Id: id, BlobFileAccess: link });
      const file = await part('attachments').open(nobody(), 'a', signal());
      expect(file).toMatchObject({ fileName: 'a.bin', mediaType: 'application/json' });
      file?.content.destroy();
      const [got] = exchanges.filter(({ url }) => url.includes('/odata/Folders'));
      expect(got?.requestHeaders).toMatchObject({
        authorization: 'Bearer sandbox-token',
        'x-ms-version': '1',
      });
      sandbox.faults.clear();
      answers('GetByJobKey', 200, [{ attachmentId: id, attachmentName: 'a' }]);
      const besides = { ...access, Uri: `${sandbox.url}/blobs/a` };
      answers('/odata/Attachments', 200, { Id: id, BlobFileAccess: besides });
      await expect(part('attachments').open(nobody(), 'a', signal())).rejects.toMatchObject({
        code: 'upstream_rejected',
      });
    });
  });

  describe('stops', () => {
    const soft = { force: false, cascade: false };
    const hard = { force: true, cascade: true };
    const cancel = (run: RunRef, options = soft): Promise<boolean> =>
      part('cancel').cancel(run, options, signal());
    const stops = (): number => exchanges.filter(({ url }) => url.includes('StopJob')).length;

    test('are soft, and asked for once however often one asks', async () => {
      const run = await start({ in_DurationMs: 60_000 });
      await state(run, 'Running');
      expect(await cancel(run)).toBe(true);
      expect(await state(run, 'Stopping')).toMatchObject({ status: 'cancelling' });
      expect(await cancel(run)).toBe(true);
      expect(stops()).toBe(1);
      expect(await state(run, 'Stopped')).toMatchObject({ status: 'cancelled' });
      expect(await cancel(run)).toBe(true);
      expect(await cancel(run, hard)).toBe(true);
      expect(stops()).toBe(1);
    });

    test('become kills where the workflow does not listen', async () => {
      const run = await start({ in_DurationMs: 60_000, in_IgnoreStop: true });
      await state(run, 'Running');
      await cancel(run);
      expect(await cancel(run, hard)).toBe(true);
      expect(stops()).toBe(2);
      await state(run, 'Stopped');
    });

    test('of a run that ends meanwhile are done; of one that goes on the refusal is told', async () => {
      const run = await start({ in_DurationMs: 300 });
      await state(run, 'Running');
      const fault = {
        kind: 'status',
        status: 400,
        body: '{"message":"Job is already in state Successful.","errorCode":1009}',
      } as const;
      sandbox.faults.add({ path: 'StopJob', fault });
      await expect(cancel(run)).rejects.toMatchObject({
        code: 'upstream_rejected',
        details: { upstream: { code: '1009' } },
      });
      await state(run, 'Successful');
      const { Id: id } = (await part('runs').get(run.nativeId, signal()))?.native ?? {};
      const running = { Id: id, Key: run.nativeId, State: 'Running' };
      const body = JSON.stringify(running);
      const lie = { kind: 'status', status: 200, body } as const;
      sandbox.faults.add({ path: 'GetByKey', times: 1, fault: lie });
      expect(await cancel(run)).toBe(true);
    });

    test.each([503, 403])('have not left when the job itself is answered %d', async (status) => {
      const run = nobody();
      sandbox.faults.add({ path: 'GetByKey', fault: { kind: 'status', status } });
      await expect(cancel(run)).rejects.toMatchObject({ details: { sent: 'no' } });
      expect(stops()).toBe(0);
    });

    test('that are refused stay so when the job cannot be looked at after that', async () => {
      const run = await start({ in_DurationMs: 60_000 });
      const { Id } = (await state(run, 'Running')).native;
      const known = JSON.stringify({ Id, Key: run.nativeId, State: 'Running' });
      const shown = { kind: 'status', status: 200, body: known } as const;
      sandbox.faults.add({ path: 'GetByKey', times: 1, fault: shown });
      sandbox.faults.add({ path: 'GetByKey', fault: { kind: 'status', status: 503 } });
      sandbox.faults.add({ path: 'StopJob', fault: { kind: 'status', status: 400 } });
      await expect(cancel(run)).rejects.toMatchObject({ code: 'upstream_rejected' });
    });

    test('of no run say so', async () => {
      expect(await cancel(nobody())).toBe(false);
      expect(await cancel(strange)).toBe(false);
      expect(stops()).toBe(0);
    });
  });
});
