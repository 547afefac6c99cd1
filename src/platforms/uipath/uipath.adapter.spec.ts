import { describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { AskedUipath } from './uipath.testing.ts';

const uipath = new AskedUipath();
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

describe('the oddities of UiPath', () => {
  /** What the sandbox answers once to calls of this path, instead of its own. */
  function answers(path: string, body: unknown): void {
    const fault = { kind: 'status', status: 200, body: JSON.stringify(body) } as const;
    uipath.sandbox.faults.add({ path, times: 1, fault });
  }

  describe('lists', () => {
    test('are walked to their end in pages, ordered and counted', async () => {
      const whole = await uipath.part('processes').list(signal());
      uipath.exchanges = [];
      expect(await uipath.part('processes', { pageSize: 7 }).list(signal())).toEqual(whole);
      const [first, ...more] = uipath.asked('/odata/Processes?');
      expect(decodeURIComponent(first?.url ?? '')).toMatch(
        /\$orderby=Id&\$top=7&\$skip=0&\$count=true/,
      );
      expect(more).toHaveLength(Math.ceil(whole.length / 7) - 1);
    });

    test('are walked to their end where the server gives less than was asked for and does not count', async () => {
      const whole = await uipath.part('processes').list(signal());
      const rows = whole.map(({ native }) => native);
      for (let skip = 0; skip <= rows.length; skip += 10)
        answers(`Processes\\?.*skip=${skip}&`, { value: rows.slice(skip, skip + 10) });
      const found = await uipath.part('processes').list(signal());
      expect(found.map(({ key }) => key)).toEqual(whole.map(({ key }) => key));
    });

    test('show a package once, with its newest version, where a build lists all versions', async () => {
      const row = { Id: 'Twice', Arguments: null };
      const value = ['1.9.0', '1.10.0', '1.2.0'].map((Version) => ({ ...row, Version }));
      answers('/odata/Processes', { '@odata.count': 3, value });
      const list = await uipath.part('processes').list(signal());
      expect(list).toHaveLength(1);
      expect(list[0]).toMatchObject({ key: 'Twice', latestVersion: '1.10.0', enabled: false });
    });

    test('know a release whose package is written in another case', async () => {
      answers('/odata/Releases', {
        '@odata.count': 1,
        value: [{ Id: 1, ProcessKey: 'smoketest' }],
      });
      const list = await uipath.part('processes').list(signal());
      expect(list.filter(({ enabled }) => enabled).map(({ key }) => key)).toEqual(['SmokeTest']);
    });
  });

  describe('look-ups', () => {
    test('compare for themselves: old builds answer `eq` with what contains the text', async () => {
      const value = ['SmokeTest', 'SmokeTestOld'].map((Id) => ({ Id, Version: '9.0.0' }));
      answers('/odata/Processes', { '@odata.count': 2, value: [...value].reverse() });
      const release = { Id: 7, Key: 'k', ProcessVersion: '1.0.0' };
      const releases = ['OtherSmokeTest', 'SmokeTest'].map((ProcessKey) => ({
        ...release,
        ProcessKey,
      }));
      answers('/odata/Releases', { '@odata.count': 2, value: releases });
      const found = await uipath.part('processes').get('SmokeTest', signal());
      expect(found).toMatchObject({ key: 'SmokeTest', latestVersion: '9.0.0' });
      expect(found?.deployments).toHaveLength(1);
      answers('/odata/Processes', { '@odata.count': 1, value: value.slice(1) });
      expect(await uipath.part('processes').get('SmokeTest', signal())).toBeNull();
    });

    test('double the quotes of a text', async () => {
      expect(await uipath.part('versions').list('O%27Brien', signal())).toBeNull();
      expect(uipath.asked("GetProcessVersions(processId='O%27%27Brien')")).toHaveLength(1);
      expect(await uipath.part('processes').get('O%27Brien', signal())).toBeNull();
      const [listed] = uipath.asked('%24filter=Id');
      expect(new URL(`http://h${listed?.url ?? ''}`).searchParams.get('$filter')).toBe(
        "Id eq 'O''Brien'",
      );
    });

    test.each(['a%2Fb', '..', '%2A', 'a%3Ab', 'a%3Fb', '%00', 'a'.repeat(101), 'a:b:c'])(
      'ask nobody for %s, which no package can be called',
      async (key) => {
        expect(await uipath.part('processes').get(key, signal())).toBeNull();
        expect(await uipath.part('versions').list(key, signal())).toBeNull();
        expect(uipath.exchanges).toEqual([]);
      },
    );

    test('find a package of no versions missing, whether the build says 404 or nothing', async () => {
      const path = 'GetProcessVersions';
      answers(path, { '@odata.count': 0, value: [] });
      expect(await uipath.part('versions').list('SmokeTest', signal())).toBeNull();
      uipath.sandbox.faults.add({ path, times: 1, fault: { kind: 'status', status: 404 } });
      expect(await uipath.part('versions').list('SmokeTest', signal())).toBeNull();
    });
  });

  describe('aliases', () => {
    test('of a package: its version, its release’s number and its release’s key', async () => {
      const processes = uipath.part('processes');
      const found = await processes.get('PaymentRun', signal());
      const [deployment] = found?.deployments ?? [];
      expect(Object.keys(deployment?.nativeIds ?? {})).toEqual(['id', 'key']);
      expect(deployment?.version).not.toBe(found?.latestVersion);
      const meant = { key: 'PaymentRun', version: deployment?.version };
      for (const alias of Object.values(deployment?.nativeIds ?? {}))
        expect(await processes.resolve(alias, signal())).toEqual(meant);
      const upper = deployment?.nativeIds['key']?.toUpperCase() ?? '';
      expect(await processes.resolve(upper, signal())).toEqual(meant);
      const version = `PaymentRun:${deployment?.version ?? ''}`;
      expect(await processes.resolve(version, signal())).toEqual(meant);
      expect(await processes.resolve('PaymentRun:99.0', signal())).toBeNull();
      expect(await processes.get(version, signal())).toBeNull();
    });

    test('come after an id: a package may be called like a number', async () => {
      answers('/odata/Processes', { '@odata.count': 1, value: [{ Id: '1001', Version: '1.0.0' }] });
      expect(await uipath.part('processes').resolve('1001', signal())).toEqual({
        key: '1001',
        version: null,
      });
    });

    test('are ids in any case, and mean them as the feed writes them', async () => {
      const processes = uipath.part('processes');
      const meant = { key: 'SmokeTest', version: null };
      expect(await processes.resolve('smoketest', signal())).toEqual(meant);
      expect(await processes.resolve('SMOKETEST:1.0.0', signal())).toEqual({
        ...meant,
        version: '1.0.0',
      });
      const release = { Id: 7, Key: 'k', ProcessKey: 'smoketest', ProcessVersion: '1.0.0' };
      answers('/odata/Releases', release);
      expect(await processes.resolve('7', signal())).toEqual({ ...meant, version: '1.0.0' });
    });

    test('are ids in any case only where no package is called exactly so', async () => {
      const rows = [
        { Id: 'smoketest', Version: '1.0.0', Arguments: { Input: null, Output: null } },
        { Id: 'SmokeTest', Version: '2.0.0', Arguments: { Input: null, Output: null } },
      ];
      const body = JSON.stringify({ '@odata.count': 2, value: rows });
      uipath.sandbox.faults.add({
        path: '/odata/Processes',
        fault: { kind: 'status', status: 200, body },
      });
      const [processes, versions] = [uipath.part('processes'), uipath.part('versions')];
      for (const { Id: key, Version: version } of rows) {
        expect(await processes.resolve(key, signal())).toEqual({ key, version: null });
        expect(await processes.get(key, signal())).toMatchObject({ key, latestVersion: version });
        expect(await versions.list(key, signal())).toMatchObject([{ version }]);
      }
      expect(await processes.resolve('SMOKETEST', signal())).not.toBeNull();
    });

    test('of releases mean nothing without a folder', async () => {
      const processes = uipath.part('processes', { folder: undefined });
      expect(await processes.resolve('1001', signal())).toBeNull();
    });
  });

  describe('one process', () => {
    test('has its input asked for where its row does not say it', async () => {
      const row = { Id: 'Bare', Version: '1.0.0', Key: 'Bare:1.0.0', Arguments: null };
      answers('/odata/Processes\\?', { '@odata.count': 1, value: [row] });
      answers('GetArguments', { Input: '[{"name":"in_A","type":"System.String"}]', Output: null });
      const found = await uipath.part('processes').get('Bare', signal());
      expect(found?.inputSchema).toEqual({
        type: 'object',
        properties: { in_A: { type: 'string' } },
      });
      expect(uipath.asked("GetArguments(key='Bare%3A1.0.0')")).toHaveLength(1);
    });

    test('goes without a schema where these credentials may not see the arguments', async () => {
      answers('/odata/Processes\\?', {
        '@odata.count': 1,
        value: [{ Id: 'Bare', Version: '1.0.0' }],
      });
      uipath.sandbox.faults.add({ path: 'GetArguments', fault: { kind: 'status', status: 403 } });
      expect((await uipath.part('processes').get('Bare', signal()))?.inputSchema).toBeNull();
    });

    test('is a library, not enabled and without deployments', async () => {
      expect(await uipath.part('processes').get('SharedActivities', signal())).toMatchObject({
        kind: 'library',
        enabled: false,
        deployments: [],
      });
    });
  });

  test('versions are ordered by their numbers, those of four parts and previews, too', async () => {
    const numbers = async (key: string): Promise<string[]> =>
      ((await uipath.part('versions').list(key, signal())) ?? []).map(({ version }) => version);
    const many = await numbers('VendorMasterSync');
    expect(many.indexOf('1.10.0')).toBeLessThan(many.indexOf('1.9.3'));
    expect(many.at(-1)).toBe('1.0.0');
    expect(await numbers('PaymentRun')).toEqual([
      '1.0.7012.11204',
      '1.0.7012.9120',
      '1.0.6981.35861',
    ]);
    expect((await numbers('DunningLetters')).slice(0, 2)).toEqual([
      '2.0.0-beta.11',
      '2.0.0-beta.2',
    ]);
  });

  test('a package is a ZIP under its own name', async () => {
    const file = await uipath.part('packages').download('VendorMasterSync', '1.9.3', signal());
    expect(file?.fileName).toBe('VendorMasterSync.1.9.3.nupkg');
    const bytes = file === null ? Buffer.alloc(0) : await buffer(file.content);
    expect(bytes.subarray(0, 2).toString()).toBe('PK');
    expect(file?.length).toBe(bytes.length);
    expect(uipath.asked("DownloadPackage(key='VendorMasterSync%3A1.9.3')")).toHaveLength(1);
  });

  test('a web page instead of a package is not a package', async () => {
    uipath.sandbox.faults.add({ path: 'DownloadPackage', fault: { kind: 'html' } });
    await expect(
      uipath.part('packages').download('SmokeTest', 'latest', signal()),
    ).rejects.toMatchObject({
      code: 'upstream_contract',
    });
  });
});
