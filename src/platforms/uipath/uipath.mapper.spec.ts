import { describe, expect, test } from '@jest/globals';
import {
  newestOfEach,
  toDeployment,
  toListedProcess,
  toProcessDetail,
  toVersion,
  toVersions,
} from './uipath.mapper.ts';
import { type PackageWire, packageWire, type ReleaseWire, releaseWire } from './uipath.wire.ts';

const wire: PackageWire = packageWire.parse({
  Id: 'InvoiceIntake',
  Version: '1.10.0',
  Key: 'InvoiceIntake:1.10.0',
  Title: 'Invoice intake',
  Description: 'Reads invoices.',
  Published: '2021-07-23T16:40:07.793Z',
  IsActive: true,
  IsLatestVersion: true,
  ReleaseNotes: 'Selectors repaired',
  Authors: 'Dana Fischer',
  Tags: 'finance, daily;  finance',
  PackageType: 'Process',
  Arguments: { Input: null, Output: null },
  EntryPoints: [{ Path: 'Main.xaml' }],
});
const release: ReleaseWire = releaseWire.parse({
  Id: 1196,
  Key: '5ec52c6c-77b2-4d60-a1c5-1d4b9e1f2a3b',
  Name: 'Invoice intake',
  ProcessKey: 'InvoiceIntake',
  ProcessVersion: '1.9.0',
  JobPriority: 'High',
  SpecificPriorityValue: 65,
  AutoUpdate: false,
  InputArguments: '{"in_BatchSize":250}',
  EnvironmentVariables: 'API_KEY=hunter2',
  EntryPointPath: 'Main.xaml',
  ProcessType: 'Process',
  OrganizationUnitId: 101,
  OrganizationUnitFullyQualifiedName: 'Shared',
  CurrentVersion: { CreationTime: '2026-02-03T04:05:06.789123Z' },
  LastModificationTime: '2026-01-01T00:00:00Z',
});
const version = (Version: string, more: Partial<PackageWire> = {}): PackageWire => ({
  ...wire,
  Version,
  Key: `InvoiceIntake:${Version}`,
  IsLatestVersion: false,
  ...more,
});

describe('a package as a process', () => {
  test('keeps what the platform says of it', () => {
    expect(toListedProcess(wire, true)).toMatchObject({
      key: 'InvoiceIntake',
      name: 'Invoice intake',
      description: 'Reads invoices.',
      kind: 'process',
      enabled: true,
      latestVersion: '1.10.0',
      labels: ['finance', 'daily'],
      createdAt: null,
      updatedAt: '2021-07-23T16:40:07.793Z',
      updatedBy: null,
    });
  });

  test('is named by its id where it has no title', () => {
    for (const Title of [null, undefined, ' '])
      expect(toListedProcess({ ...wire, Title }, null).name).toBe('InvoiceIntake');
  });

  test('is slim in a list and whole alone', () => {
    const { native } = toListedProcess(wire, true);
    expect(Object.keys(native)).not.toEqual(
      expect.arrayContaining(['Arguments', 'EntryPoints', 'ReleaseNotes']),
    );
    expect(native).toMatchObject({ Key: 'InvoiceIntake:1.10.0', PackageType: 'Process' });
    expect(toProcessDetail(wire, null, null).native).toEqual(wire);
  });

  test('that is a library is one, and a word that nobody knows is a process', () => {
    expect(toListedProcess({ ...wire, PackageType: 'ProcessLibrary' }, null).kind).toBe('library');
    for (const PackageType of ['Hologram', 17, null])
      expect(toListedProcess({ ...wire, PackageType }, null).kind).toBe('process');
  });

  test.each([
    ['0001-01-01T00:00:00Z', null],
    ['2026-02-03T04:05:06.7891234+02:00', '2026-02-03T02:05:06.789Z'],
    ['yesterday', null],
    [null, null],
  ])('published at %s was updated at %s', (Published, expected) => {
    expect(toListedProcess({ ...wire, Published }, null).updatedAt).toBe(expected);
  });

  test('is its newest version where a list shows several', () => {
    const rows = [version('1.9.0'), version('1.10.0'), version('1.2.0')];
    expect(newestOfEach(rows).map((row) => row.Version)).toEqual(['1.10.0']);
  });
});

describe('the versions of a package', () => {
  const rows = ['1.9.0', '1.10.0', '1.10.0-rc.1', '1.0.7012.9'].map((each) => version(each));

  test('come newest first by their numbers', () => {
    expect(toVersions(rows).map((each) => each.version)).toEqual([
      '1.10.0',
      '1.10.0-rc.1',
      '1.9.0',
      '1.0.7012.9',
    ]);
  });

  test('have one latest: the newest, unless a row says that it is', () => {
    expect(toVersions(rows).find((each) => each.isLatest)?.version).toBe('1.10.0');
    const marked = [...rows, version('1.8.0', { IsLatestVersion: true })];
    expect(toVersions(marked).filter((each) => each.isLatest)).toHaveLength(1);
    expect(toVersion(marked, 'latest')?.version).toBe('1.8.0');
  });

  test('are found in whatever spelling, and told in their own', () => {
    expect(toVersion(rows, '1.9')?.version).toBe('1.9.0');
    expect(toVersion(rows, '1.9.0')).toMatchObject({
      versionId: 'InvoiceIntake:1.9.0',
      changeNote: 'Selectors repaired',
      createdBy: 'Dana Fischer',
      active: true,
      tags: [],
    });
    expect(toVersion(rows, '1.11.0')).toBeNull();
    expect(toVersion([], 'latest')).toBeNull();
  });
});

describe('a release as a deployment', () => {
  const folder = { path: 'Shared' };

  test('names its ids, its version, its place and its settings', () => {
    expect(toDeployment(release, folder)).toMatchObject({
      id: '1196',
      nativeIds: { id: '1196', key: '5ec52c6c-77b2-4d60-a1c5-1d4b9e1f2a3b' },
      version: '1.9.0',
      name: 'Invoice intake',
      target: { id: '101', name: 'Shared', kind: 'folder' },
      triggersActive: null,
      settings: {
        jobPriority: 'High',
        specificPriority: 65,
        autoUpdate: false,
        inputArguments: { in_BatchSize: 250 },
        entryPointPath: 'Main.xaml',
        processType: 'Process',
      },
      deployedAt: '2026-02-03T04:05:06.789Z',
      deployedBy: null,
    });
  });

  test('never shows environment variables', () => {
    expect(JSON.stringify(toDeployment(release, folder))).not.toContain('hunter2');
  });

  test('was deployed when its version was set, else when it was changed, else made', () => {
    const without = { ...release, CurrentVersion: null };
    expect(toDeployment(without, folder).deployedAt).toBe('2026-01-01T00:00:00.000Z');
    const made = { ...without, LastModificationTime: null, CreationTime: '2025-12-31T00:00:00Z' };
    expect(toDeployment(made, folder).deployedAt).toBe('2025-12-31T00:00:00.000Z');
  });

  test('stands in the configured folder where an old build does not say where it stands', () => {
    const bare = { ...release, OrganizationUnitId: null, OrganizationUnitFullyQualifiedName: null };
    expect(toDeployment(bare, folder).target).toEqual({
      id: 'Shared',
      name: 'Shared',
      kind: 'folder',
    });
  });

  test('has no input where its arguments are no JSON', () => {
    for (const InputArguments of ['', '{', null])
      expect(toDeployment({ ...release, InputArguments }, folder).settings).toMatchObject({
        inputArguments: null,
      });
  });

  test('shows its arguments without the values of those that are called secrets', () => {
    const inner = '{"user":"li","db":[{"password":"hunter2"}]}';
    const given = {
      in_BatchSize: 250,
      in_Password: 'hunter2',
      in_Key: 'hunter2',
      io_Login: { user: 'li', ApiKey: 'hunter2', useToken: true },
      in_Config: inner,
      in_Broken: inner.slice(0, -1),
      in_Note: '[draft] as it is',
    };
    const shown = {
      in_BatchSize: 250,
      in_Password: '[redacted]',
      in_Key: '[redacted]',
      io_Login: { user: 'li', ApiKey: '[redacted]', useToken: true },
      in_Config: '{"user":"li","db":[{"password":"[redacted]"}]}',
      in_Broken: '[redacted]',
      in_Note: '[draft] as it is',
    };
    const InputArguments = JSON.stringify(given);
    const { settings, native } = toDeployment({ ...release, InputArguments }, folder);
    expect(settings).toMatchObject({ inputArguments: shown });
    expect(JSON.parse(native['InputArguments'] as string)).toEqual(shown);
  });

  test.each([
    ['{"in_Password":"hunter2"', {}],
    [null, { InputArguments: null }],
    ['', { InputArguments: '' }],
    ['null', { InputArguments: 'null' }],
  ])('given %j as its arguments has %j in native', (InputArguments, expected) => {
    const { native } = toDeployment({ ...release, InputArguments }, folder);
    const { native: bare } = toDeployment({ ...release, InputArguments: undefined }, folder);
    expect(native).toEqual({ ...bare, ...expected });
    expect('InputArguments' in native).toBe('InputArguments' in expected);
  });
});
