import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import type { PlatformAdapter } from '../../src/domain/adapter.ts';
import { capabilitiesOf } from '../../src/domain/adapter.ts';
import { decodeKey, encodeKey } from '../../src/domain/ids.ts';
import { processKinds } from '../../src/domain/process.ts';
import type { OpenAdapter } from '../support/open-adapter.ts';
import { readerOf } from './reader.ts';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The cases that only read, for a sandbox as for a real server: `connect` opens the adapter on one. */
export function describeReadSide(connect: () => Promise<OpenAdapter>): void {
  let open: OpenAdapter;
  let adapter: PlatformAdapter;
  const { signal, part, has, list, smokeTest } = readerOf(() => adapter);

  beforeAll(async () => {
    open = await connect();
    adapter = open.adapter;
  });
  afterAll(async () => {
    await open.close();
  });

  describe('ping', () => {
    test('reaches the upstream and tells its build', async () => {
      const info = await adapter.ping(signal());
      expect(info.version === null || info.version.length > 0).toBe(true);
      expect(info.version !== null || info.build !== null).toBe(true);
    });

    test('has processes, and capabilities of the closed list only', () => {
      expect(capabilitiesOf(adapter)).toContain('processes');
      expect(capabilitiesOf(adapter)).toHaveLength(Object.keys(adapter.parts).length);
    });
  });

  describe('the list', () => {
    test('has ten to fifty processes of a company, each once, in their canonical spelling', async () => {
      const processes = await list();
      const keys = processes.map((process) => process.key);
      expect(keys.length).toBeGreaterThanOrEqual(10);
      expect(keys.length).toBeLessThanOrEqual(50);
      expect(new Set(keys).size).toBe(keys.length);
      for (const key of keys) expect(encodeKey(decodeKey(key))).toBe(key);
    });

    test('gives every member its type, nulls for what the platform lacks and nothing else', async () => {
      for (const process of await list()) {
        expect(Object.keys(process).sort()).toEqual(recordMembers);
        expect(process.name).not.toBe('');
        expect(processKinds).toContain(process.kind);
        expect([true, false, null]).toContain(process.enabled);
        for (const at of [process.createdAt, process.updatedAt])
          if (at !== null) expect(at).toMatch(instant);
        for (const label of process.labels) expect(typeof label).toBe('string');
        expect(Object.keys(process.native).length).toBeGreaterThan(0);
      }
    });

    test('says of some that they are enabled and of some that they are not', async () => {
      const states = new Set((await list()).map((process) => process.enabled));
      expect(states).toContain(true);
      expect(states).toContain(false);
    });

    test('has schedules exactly where the platform has them', async () => {
      const schedules = (await list()).flatMap((process) => process.schedule ?? []);
      if (!has('schedules')) {
        expect(schedules).toEqual([]);
        return;
      }
      expect(schedules.length).toBeGreaterThan(0);
      for (const { expression, dialect, active } of schedules) {
        expect(expression).not.toBe('');
        expect(part('schedules').dialects).toContain(dialect);
        expect(typeof active).toBe('boolean');
      }
    });

    test('is the same when asked again', async () => {
      expect(await list()).toEqual(await list());
    });

    test('stays slim', async () => {
      for (const { native } of await list())
        expect(JSON.stringify(native).length).toBeLessThan(4_096);
    });
  });

  describe('one process', () => {
    test('agrees with its item of the list in all but native', async () => {
      for (const item of (await list()).slice(0, 12)) {
        const found = await part('processes').get(item.key, signal());
        expect({ ...found, native: null }).toMatchObject({ ...item, native: null });
        expect(Object.keys(found ?? {}).sort()).toEqual(detailMembers);
      }
    });

    test('has deployments and a configuration only where the platform has them', async () => {
      const { key } = await smokeTest();
      const found = await part('processes').get(key, signal());
      expect(found?.deployments === null).toBe(!has('deployments'));
      if (has('deployments')) expect(found?.deployments).toHaveLength(1);
    });

    test('that does not exist is null, in whatever spelling', async () => {
      for (const key of strangeKeys) expect(await part('processes').get(key, signal())).toBeNull();
    });

    test('is what its own key means', async () => {
      for (const { key } of (await list()).slice(0, 5)) {
        expect(await part('processes').resolve(key, signal())).toEqual({ key, version: null });
      }
    });

    test('is not what a strange key means', async () => {
      for (const key of strangeKeys)
        expect(await part('processes').resolve(key, signal())).toBeNull();
    });
  });

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

const recordMembers = [
  'createdAt',
  'description',
  'enabled',
  'key',
  'kind',
  'labels',
  'latestVersion',
  'name',
  'native',
  'schedule',
  'service',
  'startPage',
  'updatedAt',
  'updatedBy',
];
const detailMembers = [...recordMembers, 'configuration', 'deployments', 'inputSchema'].sort();
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
const strangeKeys = [
  encodeKey(['no-such-process']),
  encodeKey(['*']),
  encodeKey(['..']),
  encodeKey(['a/b']),
  encodeKey(["O'Brien"]),
  encodeKey(['a b ü %']),
  encodeKey(['a', 'b', 'c', 'd', 'e', 'f']),
  '00000000-0000-0000-0000-000000000000',
  '999999999',
  ...['constructor', '__proto__', 'toString'],
];
