import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonFault } from './json-fault.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('what is not JSON', () => {
  it.each([
    ['{"a":', 'line 1, column 6 has to be a value'],
    ['', 'line 1, column 1 has to be a value'],
    ['{"input": {"a": 1\n  "b": 2}}', 'line 2, column 3 has to be "," or "}"'],
    ["{'a': 1}", 'line 1, column 2 has to be a name in double quotes or "}"'],
    ['{"a":1,}', 'line 1, column 8 has to be a name in double quotes'],
    ['[1,]', 'line 1, column 4 has to be a value'],
    ['[1}', 'line 1, column 3 has to be "," or "]"'],
    ['[', 'line 1, column 2 has to be a value or "]"'],
    ['{"a" 1}', 'line 1, column 6 has to be ":"'],
    ['{} {}', 'line 1, column 4 has to be the end'],
    ['{"a":01}', 'line 1, column 7 has to be "," or "}"'],
    ['{"a":NaN}', 'line 1, column 6 has to be a value'],
    ['{"a":"b', 'line 1, column 8 has to be the rest of a string and its closing quote'],
    ['{"a":"\\x"}', 'line 1, column 7 has to be one of the escapes that JSON has'],
    ['["a\nb"]', 'line 1, column 4 has to be an escape, as a string holds no control characters'],
  ])('says where, and what would have to be there: %j', (text, said) => {
    expect(jsonFault(text)).toEqual({ at: 'body', message: `must be JSON: ${said}` });
  });

  it('is the same as for whoever parses it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 2 }), (json, at, inserted) => {
        const place = at % (json.length + 1);
        for (const text of [
          json,
          json.slice(0, place) + inserted + json.slice(place),
          json.slice(0, place) + json.slice(place + 1),
        ])
          expect([text, jsonFault(text) === null]).toEqual([text, isJson(text)]);
      }),
      { numRuns: 500 },
    );
  });

  it('is found however deep and long it is', () => {
    const [deep, long] = ['['.repeat(500_000), `["${'\\n~'.repeat(300_000)}"`];
    expect(jsonFault(deep)?.message).toContain('column 500001');
    expect(jsonFault(long)?.message).toContain('has to be "," or "]"');
  });
});
