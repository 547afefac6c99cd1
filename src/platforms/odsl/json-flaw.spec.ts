import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonFlawOf, lineAndColumn } from './json-flaw.ts';

const boundless = { depth: Infinity, values: Infinity };
const jsonFlawAt = (text: string): number | null => jsonFlawOf(text, boundless)?.at ?? null;
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('where a text stops being JSON', () => {
  test.each([
    ['', 0],
    ['  ', 2],
    ['{"a":tru}', 5],
    ['{"a":1,}', 7],
    ['{,', 1],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['[1', 2],
    ['[}', 1],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['[1] x', 4],
    ['"a', 2],
    ['"a\nb"', 2],
    ['"a\\x"', 2],
    ['"\\u12g4"', 1],
    ['01', 1],
    ['1.', 1],
    ['-', 0],
    ['[1]\u00a0', 3],
    ["'a'", 0],
  ])('of %j is %i', (text, at) => {
    expect([jsonFlawAt(text), isJson(text)]).toEqual([at, false]);
  });

  test.each(['{}', ' [ ] ', '-0.5e+7', '"\\u00e9\\\\"', '{"a":[{"b":null},true,"\u{1f680}"]}\n'])(
    'of %j is nowhere',
    (text) => {
      expect([jsonFlawAt(text), isJson(text)]).toEqual([null, true]);
    },
  );

  test('is somewhere just where a parser refuses it, and nothing before it is at fault', () => {
    const cut = fc.record({ at: fc.nat(), drop: fc.nat(3), put: fc.string({ maxLength: 2 }) });
    const signs = fc.string({
      unit: fc.constantFrom(...Array.from('[]{},:"\\ 01-.eEtrufalsn\n')),
      maxLength: 12,
    });
    const broken = fc.tuple(fc.json({ maxDepth: 3 }), cut).map(([text, { at, drop, put }]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + put + text.slice(start + drop);
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken, signs), (text) => {
        const at = jsonFlawAt(text);
        expect(at === null).toBe(isJson(text));
        // Cut off there, at most the rest is missing.
        if (at !== null) expect([at, null]).toContain(jsonFlawAt(text.slice(0, at)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is told as editors do', () => {
    const text = '{\n  "a": 1,\n}';
    expect(lineAndColumn(text, jsonFlawAt(text) ?? 0)).toBe('line 3, column 1');
    expect(lineAndColumn('x', 0)).toBe('line 1, column 1');
  });

  test.each([
    ['[[1], [[2]]]', { depth: 2, values: 9 }, { at: 7, why: 'depth' }],
    ['{"a": {"b": {}}}', { depth: 2, values: 9 }, { at: 12, why: 'depth' }],
    ['[1, {"a": 22}, 3]', { depth: 9, values: 3 }, { at: 10, why: 'values' }],
    ['[1, [], 3]', { depth: 9, values: 3 }, { at: 8, why: 'values' }],
    ['[1, {"a": [2]}, 3]', { depth: 3, values: 6 }, null],
    ['[[[1,', { depth: 3, values: 4 }, { at: 5, why: 'no JSON' }],
  ] as const)('of %j within %j is %j', (text, limits, flaw) => {
    expect(jsonFlawOf(text, limits)).toEqual(flaw);
  });

  test('is found however deep and long it is', () => {
    const deep = '['.repeat(1_000_000);
    expect(jsonFlawAt(deep)).toBe(1_000_000);
    expect(jsonFlawAt(`"${'é'.repeat(4_000_000)}`)).toBe(4_000_001);
  });
});
