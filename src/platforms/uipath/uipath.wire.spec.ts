import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { toDeployment, toProcessDetail, toTarget, toVersions } from './uipath.mapper.ts';
import { folderWire, odataList, packageWire, releaseWire } from './uipath.wire.ts';

describe('whatever an upstream sends', () => {
  const row = (known: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
    fc.oneof(
      fc.jsonValue(),
      fc
        .tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.record(known, { requiredKeys: [] }))
        .map(([other, own]) => ({ ...other, ...own })),
    );
  const text = fc.oneof(fc.string(), fc.constant(null), fc.jsonValue());
  const packages = row({
    Id: fc.oneof(fc.string(), text),
    Version: fc.oneof(fc.string(), text),
    Title: text,
    Published: text,
    Tags: text,
    PackageType: text,
    Arguments: fc.oneof(fc.record({ Input: text }), text),
  });

  test('a row is mapped or refused, and never a crash', () => {
    fc.assert(
      fc.property(packages, (value) => {
        const { success, data } = packageWire.safeParse(value);
        if (!success) return;
        const process = toProcessDetail(data, [], null);
        expect(process.name).not.toBe('');
        expect(typeof process.key).toBe('string');
        expect(toVersions([data, data])).toHaveLength(1);
      }),
    );
  });

  test('a release or a folder is mapped or refused, and never a crash', () => {
    const releases = row({
      Id: fc.oneof(fc.integer(), text),
      Key: text,
      ProcessKey: text,
      ProcessVersion: text,
      InputArguments: text,
      CurrentVersion: fc.oneof(fc.record({ CreationTime: text }), text),
    });
    fc.assert(
      fc.property(releases, (value) => {
        const { success, data } = releaseWire.safeParse(value);
        if (success) expect(toDeployment(data, { id: 1 }).nativeIds).toHaveProperty('key');
        const folder = folderWire.safeParse(value);
        if (folder.success) expect(toTarget(folder.data).name).not.toBe('');
      }),
    );
  });

  test('a list without its rows is refused', () => {
    for (const value of [{}, [], null, { value: null }, { value: [[1]] }, { value: [{ Id: '' }] }])
      expect(odataList(packageWire).safeParse(value).success).toBe(false);
    expect(odataList(z.unknown()).safeParse({ value: [] }).success).toBe(true);
  });
});
