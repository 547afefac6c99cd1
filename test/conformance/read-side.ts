import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlatformAdapter } from '../../src/domain/adapter.ts';
import { capabilitiesOf } from '../../src/domain/adapter.ts';
import { decodeKey, encodeKey } from '../../src/domain/ids.ts';
import { processKinds } from '../../src/domain/process.ts';
import type { OpenAdapter } from '../support/open-adapter.ts';
import { describeVersions } from './read-side-versions.ts';
import { readerOf, strangeKeys } from './reader.ts';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The cases that only read, for a sandbox as for a real server: `connect` opens the adapter on one. */
export function describeReadSide(connect: () => Promise<OpenAdapter>): void {
  let open: OpenAdapter;
  let adapter: PlatformAdapter;
  const reader = readerOf(() => adapter);
  const { signal, part, has, list, smokeTest } = reader;

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
    test('has ten to forty processes of a company, each once, in their canonical spelling', async () => {
      const processes = await list();
      const keys = processes.map((process) => process.key);
      expect(keys.length).toBeGreaterThanOrEqual(10);
      expect(keys.length).toBeLessThanOrEqual(40);
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

  describeVersions(reader);
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
