import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { uipathSandbox } from '../../sandbox/uipath/uipath.sandbox.ts';
import { MemoryBudgets } from '../../upstream/memory-budgets.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { type UipathConfig, uipathSettings } from './uipath.config.ts';
import { UipathConnector } from './uipath.module.ts';

const base = '/acme/Production/orchestrator_';

describe('where a connection to UiPath points', () => {
  let sandbox: Sandbox;
  let exchanges: Exchange[] = [];
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);

  beforeAll(async () => {
    sandbox = await startSandbox(uipathSandbox, {
      observe: (exchange) => exchanges.push(exchange),
    });
  });
  afterEach(() => {
    sandbox.faults.clear();
    exchanges = [];
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  function adapter(changes: Partial<UipathConfig> = {}): PlatformAdapter {
    return new UipathConnector(upstreams, new MemoryBudgets()).open({
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
    });
  }
  function part<C extends keyof AdapterParts>(
    name: C,
    changes: Partial<UipathConfig> = {},
  ): AdapterParts[C] {
    const found = adapter(changes).parts[name];
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }
  const asked = (path: string): Exchange[] => exchanges.filter(({ url }) => url.includes(path));

  describe('the folder', () => {
    const ways: readonly (readonly [
      string,
      NonNullable<UipathConfig['folder']>,
      string,
      string,
    ])[] = [
      ['number', { id: 104 }, 'x-uipath-organizationunitid', '104'],
      [
        'path, in base64 of UTF-16LE',
        { path: 'Büro Österreich' },
        'x-uipath-folderpath-encoded',
        'QgD8AHIAbwAgANYAcwB0AGUAcgByAGUAaQBjAGgA',
      ],
    ];

    test.each(ways)(
      'is named by %s, on the calls that take one',
      async (_name, folder, header, value) => {
        const list = await part('processes', { folder, feed: 'folder' }).list(signal());
        expect(list.map(({ key, enabled }) => ({ key, enabled }))).toEqual([
          { key: 'LohnzettelVersand', enabled: true },
        ]);
        const [releases] = asked('/odata/Releases');
        expect(releases?.requestHeaders[header]).toBe(value);
        for (const { requestHeaders } of asked('/odata/Processes'))
          expect(Object.keys(requestHeaders).join()).not.toContain('x-uipath');
      },
    );

    test('is named by key', async () => {
      const all = await part('targets', { folder: undefined }).list(signal());
      expect(all.map(({ name }) => name)).toContain('Finance/Accounts Payable');
      const answer = await fetch(`${sandbox.url}${base}/odata/Folders(101)`, {
        headers: { authorization: 'Bearer sandbox-token' },
      });
      const { Key: key } = (await answer.json()) as { Key: string };
      expect(await part('targets', { folder: { key } }).list(signal())).toEqual([
        { id: '101', name: 'Shared', kind: 'folder' },
      ]);
      expect(
        await part('deployments', { folder: { key } }).list('SmokeTest', signal()),
      ).toHaveLength(1);
    });

    test('that does not exist is an error that names it', async () => {
      const folder = { path: 'No such folder' };
      await expect(part('targets', { folder }).list(signal())).rejects.toThrow(/No such folder/);
      await expect(part('processes', { folder }).list(signal())).rejects.toMatchObject({
        code: 'upstream_rejected',
        details: { upstream: { code: '1100' } },
      });
    });

    test('is needed for deployments: without one nobody says what is enabled', async () => {
      const { parts } = adapter({ folder: undefined });
      expect(parts.deployments).toBeUndefined();
      const list = (await parts.processes?.list(signal())) ?? [];
      expect(new Set(list.map(({ enabled }) => enabled))).toEqual(new Set([null]));
      expect((await parts.processes?.get('SmokeTest', signal()))?.deployments).toBeNull();
      expect(asked('/odata/Releases')).toEqual([]);
    });

    test('has a feed of its own, asked for once', async () => {
      const processes = part('processes', { folder: { id: 104 }, feed: 'folder' });
      await processes.list(signal());
      expect(await processes.get('SmokeTest', signal())).toBeNull();
      expect(asked('GetFolderFeed')).toHaveLength(1);
      expect(asked('/odata/Processes').every(({ url }) => url.includes('feedId='))).toBe(true);
    });

    test('without a feed of its own uses the tenant’s', async () => {
      const processes = part('processes', { folder: { path: 'Finance' }, feed: 'folder' });
      expect(await processes.get('SmokeTest', signal())).toMatchObject({ enabled: false });
    });

    test('is what the feed "folder" cannot do without', () => {
      const auth = { type: 'token', token: { file: import.meta.filename } };
      const { error } = uipathSettings.safeParse({ auth, feed: 'folder' });
      expect(error?.issues).toMatchObject([{ path: ['feed'], message: expect.any(String) }]);
      expect(uipathSettings.safeParse({ auth, feed: 'folder', folder: { id: 1 } }).success).toBe(
        true,
      );
    });
  });

  test('a base URL without /orchestrator_ on an own installation shows its web page', async () => {
    const baseUrl = new URL(`${sandbox.url}/wrong`);
    await expect(adapter({ baseUrl }).ping(signal())).rejects.toMatchObject({
      code: 'upstream_contract',
    });
  });

  test('the tenant of an own installation is named in a header', async () => {
    const own = { baseUrl: new URL(sandbox.url) };
    const list = await part('processes', { ...own, tenantName: 'Production' }).list(signal());
    expect(list.length).toBeGreaterThan(10);
    await expect(
      part('processes', { ...own, tenantName: 'Other' }).list(signal()),
    ).rejects.toMatchObject({ code: 'upstream_auth_failed' });
  });

  describe('ping', () => {
    test('tells the build, and the API versions that every answer names', async () => {
      expect(await adapter().ping(signal())).toEqual({
        version: '25.10.4',
        build: { build: '25.10.4', apiVersions: expect.stringContaining('20.0') },
        missing: [],
      });
    });

    test('tells the highest API version where the build is not told', async () => {
      sandbox.faults.add({ path: 'Status/Version', fault: { kind: 'status', status: 404 } });
      expect((await adapter().ping(signal())).version).toBe('20.0');
      const headers = { 'api-supported-versions': '9.0, 10.0' };
      sandbox.faults.add({ path: 'Status/Get', fault: { kind: 'status', status: 200, headers } });
      // Of that time the platform keeps no files beside jobs.
      expect(await adapter().ping(signal())).toMatchObject({
        version: '10.0',
        missing: ['attachments'],
      });
    });
  });

  describe('settings', () => {
    const auth = { type: 'token', token: { env: 'PATH' } };
    test.each([
      [{ folder: { id: 1, path: 'Shared' } }],
      [{ folder: {} }],
      [{ folder: { key: 'Shared' } }],
      [{ feed: 'shared' }],
      [{ pageSize: 1_001 }],
      [{ tenantName: 'Büro' }],
      [{ listCallsPerMinute: -1 }],
      [{ blobHosts: ['*.net'] }],
      [{ blobHosts: ['https://files.example.com'] }],
      [{ blobHosts: ['*'] }],
      [{ auth: { type: 'basic', user: 'a', password: { env: 'PATH' } } }],
    ])('%j are refused', (changes) => {
      expect(uipathSettings.safeParse({ auth, ...changes }).success).toBe(false);
    });

    test('may leave out everything but the credentials', () => {
      expect(uipathSettings.parse({ auth })).toMatchObject({
        feed: 'tenant',
        pageSize: 500,
        listCallsPerMinute: 100,
        blobHosts: [],
      });
      const blobHosts = ['*.blob.core.windows.net', 'files.example.com:8443'];
      expect(uipathSettings.parse({ auth, blobHosts, listCallsPerMinute: null })).toMatchObject({
        blobHosts,
        listCallsPerMinute: null,
      });
    });
  });
});
