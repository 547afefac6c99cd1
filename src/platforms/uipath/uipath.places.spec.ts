import { describe, expect, test } from '@jest/globals';
import { type UipathConfig, uipathSettings } from './uipath.config.ts';
import { AskedUipath, base } from './uipath.testing.ts';

const uipath = new AskedUipath();
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

describe('where a connection to UiPath points', () => {
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
        const list = await uipath.part('processes', { folder, feed: 'folder' }).list(signal());
        expect(list.map(({ key, enabled }) => ({ key, enabled }))).toEqual([
          { key: 'LohnzettelVersand', enabled: true },
        ]);
        const [releases] = uipath.asked('/odata/Releases');
        expect(releases?.requestHeaders[header]).toBe(value);
        for (const { requestHeaders } of uipath.asked('/odata/Processes'))
          expect(Object.keys(requestHeaders).join()).not.toContain('x-uipath');
      },
    );

    test('is named by key', async () => {
      const all = await uipath.part('targets', { folder: undefined }).list(signal());
      expect(all.map(({ name }) => name)).toContain('Finance/Accounts Payable');
      const answer = await fetch(`${uipath.sandbox.url}${base}/odata/Folders(101)`, {
        headers: { authorization: 'Bearer sandbox-token' },
      });
      const { Key: key } = (await answer.json()) as { Key: string };
      expect(await uipath.part('targets', { folder: { key } }).list(signal())).toEqual([
        { id: '101', name: 'Shared', kind: 'folder' },
      ]);
      expect(
        await uipath.part('deployments', { folder: { key } }).list('SmokeTest', signal()),
      ).toHaveLength(1);
    });

    test('that does not exist is an error that names it', async () => {
      const folder = { path: 'No such folder' };
      await expect(uipath.part('targets', { folder }).list(signal())).rejects.toThrow(
        /No such folder/,
      );
      await expect(uipath.part('processes', { folder }).list(signal())).rejects.toMatchObject({
        code: 'upstream_rejected',
        details: { upstream: { code: '1100' } },
      });
    });

    test('is needed for deployments: without one nobody says what is enabled', async () => {
      const { parts } = uipath.adapter({ folder: undefined });
      expect(parts.deployments).toBeUndefined();
      const list = (await parts.processes?.list(signal())) ?? [];
      expect(new Set(list.map(({ enabled }) => enabled))).toEqual(new Set([null]));
      expect((await parts.processes?.get('SmokeTest', signal()))?.deployments).toBeNull();
      expect(uipath.asked('/odata/Releases')).toEqual([]);
    });

    test('has a feed of its own, asked for once', async () => {
      const processes = uipath.part('processes', { folder: { id: 104 }, feed: 'folder' });
      await processes.list(signal());
      expect(await processes.get('SmokeTest', signal())).toBeNull();
      expect(uipath.asked('GetFolderFeed')).toHaveLength(1);
      expect(uipath.asked('/odata/Processes').every(({ url }) => url.includes('feedId='))).toBe(
        true,
      );
    });

    test('without a feed of its own uses the tenant’s', async () => {
      const processes = uipath.part('processes', { folder: { path: 'Finance' }, feed: 'folder' });
      expect(await processes.get('SmokeTest', signal())).toMatchObject({ enabled: false });
    });

    test('is what the feed "folder" cannot do without', () => {
      const auth = { type: 'token', token: { env: 'PATH' } };
      const { error } = uipathSettings.safeParse({ auth, feed: 'folder' });
      expect(error?.issues).toMatchObject([{ path: ['feed'], message: expect.any(String) }]);
      expect(uipathSettings.safeParse({ auth, feed: 'folder', folder: { id: 1 } }).success).toBe(
        true,
      );
    });
  });

  test('a base URL without /orchestrator_ on an own installation shows its web page', async () => {
    const baseUrl = new URL(`${uipath.sandbox.url}/wrong`);
    await expect(uipath.adapter({ baseUrl }).ping(signal())).rejects.toMatchObject({
      code: 'upstream_contract',
    });
  });

  test('the tenant of an own installation is named in a header', async () => {
    const own = { baseUrl: new URL(uipath.sandbox.url) };
    const list = await uipath
      .part('processes', { ...own, tenantName: 'Production' })
      .list(signal());
    expect(list.length).toBeGreaterThan(10);
    await expect(
      uipath.part('processes', { ...own, tenantName: 'Other' }).list(signal()),
    ).rejects.toMatchObject({ code: 'upstream_auth_failed' });
  });

  describe('ping', () => {
    test('tells the build, and the API versions that every answer names', async () => {
      expect(await uipath.adapter().ping(signal())).toEqual({
        version: '25.10.4',
        build: { build: '25.10.4', apiVersions: expect.stringContaining('20.0') },
        missing: [],
      });
    });

    test('tells the highest API version where the build is not told', async () => {
      uipath.sandbox.faults.add({ path: 'Status/Version', fault: { kind: 'status', status: 404 } });
      expect((await uipath.adapter().ping(signal())).version).toBe('20.0');
      const headers = { 'api-supported-versions': '9.0, 10.0' };
      uipath.sandbox.faults.add({
        path: 'Status/Get',
        fault: { kind: 'status', status: 200, headers },
      });
      // Of that time the platform keeps no files beside jobs.
      expect(await uipath.adapter().ping(signal())).toMatchObject({
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
