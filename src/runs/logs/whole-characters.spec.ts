import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unfinished } from './whole-characters.ts';

const text = fc.string({ unit: 'binary' });

describe('what ends within a character', () => {
  test.each([
    ['nothing', '', 0],
    ['ASCII', 'abc', 0],
    ['two bytes', 'ä', 2],
    ['three bytes', '日', 3],
    ['four bytes', '👩', 4],
    ['three after others', 'aä日', 3],
  ] as const)('is told of %s, wherever it is cut', (_name, whole, length) => {
    const bytes = Buffer.from(whole);
    expect(unfinished(bytes)).toBe(0);
    for (let kept = 1; kept < length; kept += 1)
      expect(unfinished(bytes.subarray(0, bytes.length - length + kept))).toBe(kept);
  });

  test('is left out of any text, and nothing else is', () => {
    fc.assert(
      fc.property(text, fc.nat(), (whole, cut) => {
        const bytes = Buffer.from(whole);
        const begun = bytes.subarray(0, bytes.length === 0 ? 0 : cut % bytes.length);
        const first = begun.subarray(0, begun.length - unfinished(begun));
        const rest = bytes.subarray(first.length);
        expect(first.toString() + rest.toString()).toBe(bytes.toString());
        expect(begun.length - first.length).toBeLessThan(4);
      }),
    );
  });

  test.each([
    ['four bytes that continue what never began', [0x80, 0x80, 0x80, 0x80]],
    ['a character with a byte too many', [0xe6, 0x97, 0xa5, 0xa5]],
  ])('holds back none of %s', (_name, bytes) => {
    expect(unfinished(Buffer.from(bytes))).toBe(0);
  });
});
