import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uniqueFileNames } from './unique-file-names.ts';

describe('names of files in one folder', () => {
  test.each([
    [
      ['A.1.json', 'B.1.json'],
      ['A.1.json', 'B.1.json'],
    ],
    [
      ['a.json', 'A.json', 'a.json'],
      ['a.json', 'A (2).json', 'a (3).json'],
    ],
    [
      ['a (2).json', 'a.json', 'a.json'],
      ['a (2).json', 'a.json', 'a (3).json'],
    ],
    [
      ['finance/fx.1.json', 'fx.1.json'],
      ['finance_fx.1.json', 'fx.1.json'],
    ],
    [
      ['../../etc/passwd.txt', 'C:\\a.txt'],
      ['_.._etc_passwd.txt', 'C__a.txt'],
    ],
    [
      ['CON.1.json', 'lpt1.nupkg', 'console.json'],
      ['_CON.1.json', '_lpt1.nupkg', 'console.json'],
    ],
    [
      ['Caf\u00e9.json', 'Cafe\u0301.json'],
      ['Caf\u00e9.json', 'Cafe\u0301 (2).json'],
    ],
  ])('%j become %j', (names, expected) => {
    expect(uniqueFileNames(names)).toEqual(expected);
  });

  test('lead nowhere and differ, whatever they are made of', () => {
    const name = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => `${text}.json`);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), (names) => {
        const made = uniqueFileNames(names);
        expect(made).toHaveLength(names.length);
        expect(new Set(made.map((each) => each.normalize('NFC').toLowerCase())).size).toBe(
          names.length,
        );
        for (const each of made) expect(each).toMatch(/^[^/\\:\p{Cc}.][^/\\:\p{Cc}]*$/u);
      }),
    );
  });
});
