import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareNugetVersions, isNugetVersion } from './nuget-version.ts';

describe('the order of NuGet versions', () => {
  test.each([
    ['1.9.0', '1.10.0'],
    ['1.0.6981.35861', '1.0.7012.9120'],
    ['1.0.7012.9120', '1.0.7012.11204'],
    ['1.0.0', '1.0.0.1'],
    ['1.0.0-beta', '1.0.0'],
    ['1.0.0-beta.2', '1.0.0-beta.11'],
    ['1.0.0-beta', '1.0.0-beta.1'],
    ['1.0.0-1', '1.0.0-alpha'],
    ['1.0.0-alpha', '1.0.0-Beta'],
    ['1.0.0-final', '1.0.0'],
    ['1.0.0-rc-2', '1.0.0'],
    ['2.0.0-beta.11', '10.0.0-alpha'],
    ['1.0.99999999999999999998', '1.0.99999999999999999999'],
    ['not a version', '0.0.1-a'],
  ])('%s comes before %s', (older, newer) => {
    expect(compareNugetVersions(older, newer)).toBe(-1);
    expect(compareNugetVersions(newer, older)).toBe(1);
  });

  test.each([
    ['1.0', '1.0.0'],
    ['1', '1.0.0.0'],
    ['1.0.0+build.7', '1.0.0+build.9'],
    ['1.0.0-RC', '1.0.0-rc'],
    ['1.01.0', '1.1.0'],
  ])('%s is the same as %s', (one, other) => {
    expect(compareNugetVersions(one, other)).toBe(0);
  });

  test('is an order, whatever the versions are', () => {
    const number = fc.integer({ min: 0, max: 12 }).map(String);
    const label = fc.constantFrom('-beta', '-beta.2', '-BETA.10', '-1', '', '+b', 'x');
    const version = fc
      .tuple(fc.array(number, { minLength: 1, maxLength: 5 }), label)
      .map(([numbers, suffix]) => numbers.join('.') + suffix);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const order = compareNugetVersions;
        expect(order(a, b) + order(b, a)).toBe(0);
        if (order(a, b) <= 0 && order(b, c) <= 0) expect(order(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test.each(['', '*', '..', 'latest', '1.', '1.2.3.4.5', '1.0.0-', 'v1.0', '1.0.0 '])(
    '%j is no version',
    (text) => {
      expect(isNugetVersion(text)).toBe(false);
    },
  );
});
