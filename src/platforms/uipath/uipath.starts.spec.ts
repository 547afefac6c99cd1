import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { validateSync } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { uipathSandbox } from '../../sandbox/uipath/uipath.sandbox.ts';
import { MemoryBudgets } from '../../upstream/memory-budgets.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { UipathConfig } from './uipath.config.ts';
import { UipathConnector } from './uipath.module.ts';
import { UipathStartOptions } from './uipath.options.ts';

const base = '/acme/Production/orchestrator_';
const longInput = { in_Text: 'ä'.repeat(10_000) };

describe('starts on UiPath', () => {
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

  function parts(
    changes: Partial<UipathConfig> = {},
  ): Pick<AdapterParts, 'starts' | 'runs' | 'deployments'> {
    const { starts, runs, deployments } = new UipathConnector(upstreams, new MemoryBudgets()).open({
      ...z.object(connectionFields).parse({ baseUrl: `${sandbox.url}${base}` }),
      id: 'uipath-eu',
      platform: 'uipath',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      folder: { path: 'Shared' },
      feed: 'tenant',
      pageSize: 500,
      listCallsPerMinute: 100,
      blobHosts: [],
      ...changes,
    }).parts;
    if (starts === undefined || runs === undefined || deployments === undefined)
      throw new Error('a part is missing');
    return { starts, runs, deployments };
  }
  const request = (changes: Partial<StartRequest> = {}): StartRequest => ({
    process: 'SmokeTest',
    version: null,
    deployment: null,
    input: {},
    labels: ['nightly'],
    options: new UipathStartOptions(),
    mark: `gw.${randomUUID()}`,
    ...changes,
  });
  const options = (members: Partial<UipathStartOptions>): UipathStartOptions =>
    Object.assign(new UipathStartOptions(), members);
  /** As the ledger keeps it. */
  async function prepared(changes: Partial<StartRequest> = {}): Promise<Native[]> {
    const evidences = await parts().starts.prepare(request(changes), signal());
    return JSON.parse(JSON.stringify(evidences)) as Native[];
  }
  async function one(changes: Partial<StartRequest> = {}): Promise<Native> {
    const [evidence, ...more] = await prepared(changes);
    if (evidence === undefined || more.length > 0) throw new Error('not one');
    return evidence;
  }
  const send = (
    evidence: Native,
    permit: () => void = () => undefined,
    changes: Partial<UipathConfig> = {},
  ): Promise<StartReceipt> =>
    parts(changes).starts.send(evidence, {
      signal: signal(),
      permit,
      openFile: () => Promise.reject(new Error('no file')),
    });
  const now = (): { from: number; until: number } => ({ from: Date.now(), until: Date.now() });
  const started = (): Readonly<Record<string, unknown>>[] =>
    sandbox
      .ledger()
      .filter(({ effect }) => effect === 'run.started')
      .map(({ details }) => details);
  const refusal = async (work: Promise<unknown>): Promise<unknown> => {
    try {
      await work;
    } catch (error) {
      return error;
    }
    throw new Error('it was not refused');
  };
  /** A second release of the smoke test. */
  async function deployAgain(more: object = {}): Promise<void> {
    const own = { Name: 'Smoke test again', ProcessKey: 'SmokeTest', ProcessVersion: '1.0.0' };
    const body = { ...own, ...more };
    const answer = await fetch(`${sandbox.url}${base}/odata/Releases`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-token', 'x-uipath-organizationunitid': '101' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(await answer.text());
  }

  describe('options', () => {
    test.each([
      {},
      { strategy: 'ModernJobsCount', jobsCount: 3 },
      { strategy: 'Specific', robots: [301, 302] },
      { robots: [301], priority: 'High', runtimeType: 'Unattended' },
    ])('are %j', (members) => {
      expect(validateSync(Object.assign(new UipathStartOptions(), members))).toEqual([]);
    });

    test.each([
      { strategy: 'All' },
      { strategy: 'RobotCount' },
      { robots: [] },
      { robots: [1, 1] },
      { robots: ['301'] },
      { robots: [0] },
      { robots: Array.from({ length: 101 }, (_, at) => at + 1) },
      { jobsCount: 0 },
      { jobsCount: 101 },
      { priority: 'Highest' },
      { runtimeType: 'a b' },
    ])('are not %j', (members) => {
      expect(validateSync(Object.assign(new UipathStartOptions(), members))).toHaveLength(1);
    });

    test.each([
      [{ strategy: 'Specific' }, 'options.robots'],
      [{ strategy: 'JobsCount', robots: [301] }, 'options.strategy'],
      [{ robots: [301], jobsCount: 2 }, 'options.jobsCount'],
    ] as const)('that contradict each other are refused: %j', async (members, at) => {
      expect(await refusal(prepared({ options: options(members as object) }))).toMatchObject({
        code: 'invalid_request',
        details: { outcome: 'not_sent', connection: 'uipath-eu', errors: [{ at }] },
      });
      expect(exchanges).toEqual([]);
    });
  });

  describe('find their deployment', () => {
    test('where there is one', async () => {
      const evidence = await one();
      expect(evidence).toMatchObject({ release: { name: 'Smoke test', version: '1.0.0' } });
      expect(JSON.stringify(evidence)).not.toContain('sandbox-token');
      expect(sandbox.ledger()).toEqual([]);
    });

    test('by its number or its key where there are several, which are named else', async () => {
      await deployAgain();
      const all = (await parts().deployments.list('SmokeTest', signal())) ?? [];
      expect(all).toHaveLength(2);
      const error = await refusal(prepared());
      expect(error).toMatchObject({
        code: 'conflict',
        details: { outcome: 'not_sent', platform: 'uipath', members: { deployments: [{}, {}] } },
      });
      for (const { id, name } of all) {
        expect(String(error)).toContain(`${id} (${name}, version 1.0.0)`);
        expect(await one({ deployment: id })).toMatchObject({ release: { id } });
      }
      const { id = '', nativeIds = {} } = all[1] ?? {};
      const key = nativeIds['key']?.toUpperCase() ?? '';
      expect(await one({ deployment: key })).toMatchObject({ release: { id } });
    });

    test('or say to deploy first', async () => {
      const error = await refusal(prepared({ process: 'SharedActivities' }));
      expect(error).toMatchObject({ code: 'conflict', details: { outcome: 'not_sent' } });
      expect(String(error)).toContain('Deploy a version of it there first');
    });

    test('of the version that is named, in whatever spelling', async () => {
      for (const version of ['1.0.0', '1.0', 'latest'])
        expect(await one({ version })).toMatchObject({ release: { version: '1.0.0' } });
      const behind = await refusal(prepared({ process: 'PaymentRun', version: 'latest' }));
      expect(behind).toMatchObject({ code: 'conflict', details: { outcome: 'not_sent' } });
      expect(String(behind)).toContain('1.0.7012.11204');
      expect(String(behind)).toContain('1.0.7012.9120');
    });

    test.each([
      [{ process: 'Nothing' }, 'There is no process Nothing.'],
      [{ version: '99.0.0' }, 'SmokeTest has no version 99.0.0.'],
      [{ deployment: '999999' }, 'SmokeTest has no deployment 999999.'],
    ])('or say that there is no such thing: %j', async (changes, message) => {
      const error = await refusal(prepared(changes));
      expect(error).toMatchObject({ code: 'not_found', details: { outcome: 'not_sent' } });
      expect(String(error)).toContain(message);
    });
  });

  describe('know what the version takes that they run', () => {
    const taking = (name: string): object => ({
      Arguments: { Input: JSON.stringify([{ name, type: 'System.String', required: true }]) },
    });
    const required = (name: string): object => ({
      type: 'object',
      properties: { [name]: { type: 'string' } },
      required: [name],
    });
    /** As it is asked right after it was prepared. */
    async function schemaOf(changes: Partial<StartRequest> = {}): Promise<Native | null> {
      const { starts } = parts();
      const [evidence = {}] = await starts.prepare(request(changes), signal());
      return starts.inputSchema?.(evidence, signal()) ?? null;
    }
    function versions(...rows: readonly object[]): void {
      const value = rows.map((row) => ({
        Id: 'SmokeTest',
        MainEntryPointPath: 'Main.xaml',
        ...row,
      }));
      const fault = {
        kind: 'status',
        status: 200,
        body: JSON.stringify({ '@odata.count': value.length, value }),
      } as const;
      sandbox.faults.add({ path: 'GetProcessVersions', fault });
    }

    test('whatever newer ones take', async () => {
      versions({ Version: '2.0.0', ...taking('in_New') }, { Version: '1.0', ...taking('in_Old') });
      expect(await schemaOf({ input: { a: 1 } })).toEqual(required('in_Old'));
      expect(await schemaOf()).toEqual(required('in_Old'));
    });

    test('where its row does not say so, by another call', async () => {
      versions({ Version: '1.0.0' });
      const body = JSON.stringify(Object.values(taking('in_Asked'))[0]);
      sandbox.faults.add({ path: 'GetArguments', fault: { kind: 'status', status: 200, body } });
      expect(await schemaOf()).toEqual(required('in_Asked'));
      const asked = exchanges.map(({ url }) => decodeURIComponent(url));
      expect(asked.join()).toContain("GetArguments(key='SmokeTest:1.0.0')");
    });

    test('and that a release has arguments of its own, or begins elsewhere', async () => {
      versions({ Version: '1.0.0', ...taking('in_Text') });
      await deployAgain({ InputArguments: '{"in_Text":"a"}', EntryPointPath: 'Main.xaml' });
      await deployAgain({ Name: 'Elsewhere', EntryPointPath: 'Other.xaml' });
      const [, own, elsewhere] = (await parts().deployments.list('SmokeTest', signal())) ?? [];
      const ownId = own?.id ?? '';
      expect(await schemaOf({ deployment: ownId })).toBeNull();
      expect(await schemaOf({ deployment: ownId, input: { a: 1 } })).toEqual(required('in_Text'));
      expect(await schemaOf({ deployment: elsewhere?.id ?? '', input: { a: 1 } })).toBeNull();
    });

    test('or not, where nobody says it', async () => {
      versions({ Version: '2.0.0', ...taking('in_New') });
      expect(await schemaOf({ input: { a: 1 } })).toBeNull();
      sandbox.faults.clear();
      versions({ Version: '1.0.0' });
      sandbox.faults.add({ path: 'GetArguments', fault: { kind: 'status', status: 403 } });
      expect(await schemaOf({ input: { a: 1 } })).toBeNull();
    });
  });

  describe('make one job each', () => {
    test('which carries the mark, the input and the options', async () => {
      const input = { in_DurationMs: 60_000, in_Name: 'Büro "7"' };
      const mark = `gw.${randomUUID()}`;
      const evidence = await one({
        input,
        mark,
        options: options({ priority: 'Low', runtimeType: 'NonProduction' }),
      });
      const { nativeId } = await send(evidence);
      expect(started()).toMatchObject([{ key: nativeId, reference: mark }]);
      const run = await parts().runs.get(nativeId ?? '', signal());
      expect(run).toMatchObject({ input, mark, process: 'SmokeTest' });
      expect(run?.native).toMatchObject({ JobPriority: 'Low', RuntimeType: 'NonProduction' });
    });

    test('leaving the release its own arguments where none are given', async () => {
      expect(await one()).not.toHaveProperty('startInfo.InputArguments');
      expect(await one({ input: { a: 1 } })).toHaveProperty('startInfo.InputArguments', '{"a":1}');
    });

    test.each([
      [{ robots: [303, 301] }, [303, 301]],
      [{ jobsCount: 2 }, [undefined, undefined]],
    ])('of %j', async (members, robots) => {
      const mark = `gw.${randomUUID()}`;
      const evidences = await prepared({ mark, options: options(members) });
      for (const evidence of evidences) await send(evidence);
      expect(started().map(({ reference }) => reference)).toEqual([`${mark}.1`, `${mark}.2`]);
      expect(evidences).toMatchObject(
        robots.map((id) => ({
          startInfo: id === undefined ? { JobsCount: 1 } : { Strategy: 'Specific', RobotIds: [id] },
        })),
      );
    });

    test('only while they are permitted to', async () => {
      const evidence = await one();
      const late = new Error('too late');
      const permit = (): void => {
        throw late;
      };
      expect(await refusal(send(evidence, permit))).toBe(late);
      expect(started()).toEqual([]);
    });

    test('and are refused in the words of the platform', async () => {
      const evidence = await one({ options: options({ robots: [999] }) });
      const error = await refusal(send(evidence));
      expect(error).toMatchObject({
        code: 'upstream_rejected',
        details: { upstream: { code: '1000' } },
      });
      expect(String(error)).toContain('One or more robots do not exist');
      expect(started()).toEqual([]);
    });

    test('which a platform cannot shake: an answer of none, of two or of something else proves nothing', async () => {
      const row = { Id: 1, Key: randomUUID(), State: 'Pending' };
      for (const body of [
        '{"value":[]}',
        JSON.stringify({ value: [row, row] }),
        'null',
        '[]',
        '',
      ]) {
        const fault = { kind: 'status', status: 201, body } as const;
        sandbox.faults.add({ path: 'StartJobs', times: 1, fault });
        expect(await refusal(send(await one()))).toMatchObject({
          code: 'upstream_contract',
          details: { sent: 'maybe' },
        });
      }
    });
  });

  describe('with more input than a start carries', () => {
    test('put it into a file first, without credentials for the storage', async () => {
      const evidence = await one({ input: longInput });
      expect(evidence).not.toHaveProperty('startInfo.InputArguments');
      let stored = -1;
      const { nativeId } = await send(evidence, () => {
        stored = sandbox.ledger().filter(({ effect }) => effect === 'attachment.written').length;
      });
      expect(stored).toBe(1);
      expect(started()).toHaveLength(1);
      const run = await parts().runs.get(nativeId ?? '', signal());
      const [put] = exchanges.filter(({ url }) => url.startsWith('/blobs/'));
      expect(put?.requestHeaders).not.toHaveProperty('authorization');
      expect(put?.requestBody?.toString()).toBe(JSON.stringify(longInput));
      expect(put?.url).toContain(String(run?.native['InputFile']));
    });

    test('are refused where the server has no files', async () => {
      sandbox.faults.add({
        path: '/api/Status/Get',
        fault: { kind: 'status', status: 200, headers: { 'api-supported-versions': '9.0, 17.0' } },
      });
      expect(await refusal(prepared({ input: longInput }))).toMatchObject({
        code: 'upstream_rejected',
        details: { outcome: 'not_sent', errors: [{ at: 'input' }] },
      });
      await one({ input: { in_Text: 'x'.repeat(9_000) } });
    });

    test.each([
      ['another host', { Uri: 'https://files.example.com/a?sig=hunter2', Verb: 'PUT' }],
      [
        'another host, to be signed',
        { Uri: 'https://files.example.com/a?sig=hunter2', Verb: 'PUT', RequiresAuth: true },
      ],
      ['no web address', { Uri: 'blob:https://files.example.com/a', Verb: 'PUT' }],
      ['one with a user', { Uri: 'https://a:b@files.example.com/a', Verb: 'PUT' }],
      ['another verb', { Uri: 'https://files.example.com/a?sig=hunter2', Verb: 'GET' }],
    ])('send nothing where the storage is %s', async (_what, BlobFileAccess) => {
      const body = JSON.stringify({ Id: randomUUID(), Name: 'a', BlobFileAccess });
      const evidence = await one({ input: longInput });
      sandbox.faults.add({ path: 'Attachments', fault: { kind: 'status', status: 201, body } });
      const error = await refusal(send(evidence));
      expect(error).toMatchObject({ details: { sent: 'no' } });
      expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
      expect(started()).toEqual([]);
    });

    test('hide the link of a storage that fails', async () => {
      const evidence = await one({ input: longInput });
      sandbox.faults.add({ path: '/blobs/', fault: { kind: 'status', status: 500 } });
      const error = await refusal(send(evidence));
      expect(error).toMatchObject({ code: 'upstream_unavailable', details: { sent: 'no' } });
      expect(String(error)).not.toContain('sig=');
      expect(started()).toEqual([]);
    });
  });

  describe('whose answer is lost', () => {
    test('are found by their mark, and were never sent twice', async () => {
      const [first = {}, second = {}] = await prepared({ options: options({ jobsCount: 2 }) });
      const sent = now();
      await send(second);
      sandbox.faults.add({ path: 'StartJobs', fault: { kind: 'resetAfterEffect' } });
      expect(await refusal(send(first))).toMatchObject({
        code: 'upstream_unavailable',
        details: { sent: 'maybe' },
      });
      expect(started()).toHaveLength(2);
      const found = await parts({ pageSize: 1 }).starts.reconcile(first, sent, signal());
      expect(found).toEqual({ state: 'applied', receipt: { nativeId: started()[1]?.['key'] } });
    });

    test('are proved absent where nothing has happened, among others that were started', async () => {
      const evidence = await one();
      await send(await one());
      const fault = { kind: 'status', status: 503 } as const;
      sandbox.faults.add({ path: 'StartJobs', fault });
      exchanges = [];
      await refusal(send(evidence));
      expect(exchanges).toHaveLength(1);
      const { starts } = parts({ pageSize: 1 });
      expect(await starts.reconcile(evidence, now(), signal())).toEqual({ state: 'absent' });
      expect(starts.repeatable).toBe(true);
      expect(starts.timeoutMs).toBe(10_000);
    });

    test('are not proved by half a read', async () => {
      const evidence = await one();
      for (const fault of [{ kind: 'status', status: 500 }, { kind: 'truncated' }] as const) {
        sandbox.faults.clear();
        sandbox.faults.add({ path: '/odata/Jobs\\?', fault });
        await refusal(parts().starts.reconcile(evidence, now(), signal()));
      }
      sandbox.faults.clear();
      const fault = { kind: 'status', status: 200, body: '{"@odata.count":3,"value":[]}' } as const;
      sandbox.faults.add({ path: '/odata/Jobs\\?', fault });
      expect(await refusal(parts().starts.reconcile(evidence, now(), signal()))).toMatchObject({
        code: 'upstream_contract',
      });
    });

    test('stay in doubt where several jobs carry the mark', async () => {
      const evidence = await one();
      const receipts = [await send(evidence), await send(evidence)];
      expect(await parts().starts.reconcile(evidence, now(), signal())).toMatchObject({
        state: 'undecided',
        candidates: receipts.map(({ nativeId }) => nativeId),
      });
    });

    test('stay in doubt where the platform shows no marks', async () => {
      const evidence = await one();
      const body = JSON.stringify({ value: [{ Id: 1, Key: randomUUID(), State: 'Pending' }] });
      const empty = JSON.stringify({ value: [] });
      sandbox.faults.add({ path: 'Id\\+gt', fault: { kind: 'status', status: 200, body: empty } });
      sandbox.faults.add({ path: '/odata/Jobs\\?', fault: { kind: 'status', status: 200, body } });
      expect(await parts().starts.reconcile(evidence, now(), signal())).toMatchObject({
        state: 'undecided',
        candidates: [],
      });
    });

    test('are looked for by evidence of their own only', async () => {
      const error = await refusal(parts().starts.reconcile({ other: 1 }, now(), signal()));
      expect(error).toMatchObject({ code: 'internal' });
    });
  });
});
