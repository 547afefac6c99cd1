import { describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { type Reader, strangeKeys } from './reader.ts';

/** The cases that read what hangs on a process: its versions, their packages, its deployments, and where those can be. */
export function describeVersions({ signal, part, has, list, smokeTest }: Reader): void {
  describe('versions', () => {
    test('come newest first, each once, one of them the latest', async () => {
      if (!has('versions')) return;
      for (const { key, latestVersion } of (await list()).slice(0, 12)) {
        const versions = (await part('versions').list(key, signal())) ?? [];
        expect(versions[0]?.version).toBe(latestVersion);
        expect(versions.filter((each) => each.isLatest)).toHaveLength(1);
        expect(versions[0]?.isLatest).toBe(true);
        expect(new Set(versions.map((each) => each.version)).size).toBe(versions.length);
        for (const version of versions) expect(Object.keys(version).sort()).toEqual(versionMembers);
      }
    });

    test('of some process are many', async () => {
      if (!has('versions')) return;
      const counts = await Promise.all(
        (await list()).map(
          async ({ key }) => (await part('versions').list(key, signal()))?.length ?? 0,
        ),
      );
      expect(Math.max(...counts)).toBeGreaterThanOrEqual(10);
    });

    test('are found by number, by tag and by `latest`', async () => {
      if (!has('versions')) return;
      for (const { key, latestVersion } of (await list()).slice(0, 6)) {
        const versions = (await part('versions').list(key, signal())) ?? [];
        const latest = await part('versions').get(key, 'latest', signal());
        expect(latest?.version).toBe(latestVersion);
        const oldest = versions.at(-1)?.version ?? '';
        expect((await part('versions').get(key, oldest, signal()))?.version).toBe(oldest);
        for (const { version, tags } of versions.slice(0, 3)) {
          for (const tag of tags)
            expect((await part('versions').get(key, tag, signal()))?.version).toBe(version);
        }
      }
    });

    test('that do not exist are null', async () => {
      if (!has('versions')) return;
      const { key } = await smokeTest();
      const strange = ['*', '..', 'a/b', 'no such tag', '', 'constructor', '__proto__', 'toString'];
      for (const version of ['99999', '0.0.0-none', ...strange]) {
        expect(await part('versions').get(key, version, signal())).toBeNull();
      }
      expect(await part('versions').list(strangeKeys[0] ?? '', signal())).toBeNull();
    });
  });

  describe('packages', () => {
    test('stream the bytes of a version under a name', async () => {
      if (!has('packages')) return;
      const { key, latestVersion } = await smokeTest();
      const file = await part('packages').download(key, 'latest', signal());
      if (file === null) throw new Error('no package');
      const bytes = await buffer(file.content);
      expect(bytes.length).toBeGreaterThan(20);
      if (file.length !== null) expect(bytes.length).toBe(file.length);
      expect(file.fileName).toMatch(/^[^/\\]+\.\w+$/);
      expect(file.mediaType).toMatch(/^\w+\/[\w.+-]+$/);
      const same = await part('packages').download(key, latestVersion ?? '', signal());
      expect(same === null ? null : await buffer(same.content)).toEqual(bytes);
    });

    test('of nothing are null', async () => {
      if (!has('packages')) return;
      const { key } = await smokeTest();
      expect(await part('packages').download(key, '99999', signal())).toBeNull();
      expect(await part('packages').download(strangeKeys[0] ?? '', 'latest', signal())).toBeNull();
    });
  });

  describe('exports', () => {
    test('hold every item that was asked for, in one file under a name', async () => {
      if (!has('export')) return;
      const { key, latestVersion } = await smokeTest();
      const other = (await list()).find((each) => each.key !== key && each.latestVersion !== null);
      const items = [
        { key, version: latestVersion },
        { key: other?.key ?? '', version: null },
      ];
      const file = await part('export').export(items, signal());
      const bytes = await buffer(file.content);
      expect(bytes.length).toBeGreaterThan(20);
      if (file.length !== null) expect(bytes.length).toBe(file.length);
      expect(file.fileName).toMatch(/^[^/\\]+\.\w+$/);
      expect(file.mediaType).toMatch(/^application\/(zip|json)$/);
    });

    test('name the items that there are not', async () => {
      if (!has('export')) return;
      const { key } = await smokeTest();
      const items = [
        { key, version: null },
        { key, version: '99999' },
        { key: strangeKeys[0] ?? '', version: null },
      ];
      await expect(part('export').export(items, signal())).rejects.toMatchObject({
        code: 'not_found',
        details: { errors: [{ at: 'items[1].version' }, { at: 'items[2].process' }] },
      });
    });

    test('have no version twice', async () => {
      if (!has('export')) return;
      const { key, latestVersion } = await smokeTest();
      const items = [
        { key, version: null },
        { key, version: latestVersion },
      ];
      await expect(part('export').export(items, signal())).rejects.toMatchObject({
        code: 'invalid_request',
        details: { errors: [{ at: 'items[1]' }] },
      });
    });
  });

  describe('deployments and targets', () => {
    test('a deployment names its version and its place', async () => {
      if (!has('deployments')) return;
      const { key } = await smokeTest();
      const deployments = (await part('deployments').list(key, signal())) ?? [];
      expect(deployments).toHaveLength(1);
      expect(deployments[0]?.target.name).not.toBe('');
      expect(Object.keys(deployments[0]?.nativeIds ?? {}).length).toBeGreaterThan(0);
      expect(await part('deployments').list(strangeKeys[0] ?? '', signal())).toBeNull();
    });

    test('a target has an id, a name and a kind', async () => {
      if (!has('targets')) return;
      const targets = await part('targets').list(signal());
      expect(targets.length).toBeGreaterThan(0);
      for (const target of targets)
        expect(Object.keys(target).sort()).toEqual(['id', 'kind', 'name']);
    });
  });
}

const versionMembers = [
  'active',
  'changeNote',
  'configuration',
  'createdAt',
  'createdBy',
  'description',
  'displayVersion',
  'isLatest',
  'native',
  'tags',
  'version',
  'versionId',
];
