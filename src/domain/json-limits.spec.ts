import { describe, expect, it } from '@jest/globals';
import { beyondLimits, halfSurrogate, repeatedMember, reservedMember } from './json-limits.ts';

const nested = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`;

describe('JSON', () => {
  it.each([
    '{"a":9007199254740991,"b":-9007199254740991}',
    // As JavaScript prints them: not the exact numbers, and the same doubles again.
    '[67842538115992490,-51271994052670730,123456789012345680000,123456789012345690000000]',
    '{"sum":6.022e23,"tiny":5e-324,"none":0e-400,"nil":-0.00000000000000000000,"third":0.3333333333333333333}',
    '{"a":10000000000000000000000}',
    '{"card":"12345678901234567890","9007199254740993":"1e999","e":["\\"9007199254740993,","]"]}',
    nested(100),
  ])('that can be kept is kept: %.60s', (text) => {
    expect(beyondLimits(text)).toBeNull();
  });

  it.each([
    ['{"input":{"a":1e999}}', 'input.a'],
    ['{"input":{"a":-1E+400}}', 'input.a'],
    ['{"input":{"a":1e-400}}', 'input.a'],
    [`[0.${'0'.repeat(400)}1]`, '[0]'],
    ['{"x":1,"options":{"robots":[1,"2,[{",9007199254740993]}}', 'options.robots[2]'],
    ['[{"a,b":[]},{"n":[[],12345678901234567890]}]', '[1].n[1]'],
    ['{"a\\"b":12345678901234567890}', 'a"b'],
    ['12345678901234567890', 'body'],
  ])('with a number that no double holds says where: %s', (text, at) => {
    expect(beyondLimits(text)).toMatchObject({ at, message: expect.stringContaining('double') });
  });

  it('says where it is nested too deep', () => {
    const text = `{"input":{"a":${nested(99)}}}`;
    expect(beyondLimits(text)).toMatchObject({
      at: expect.stringMatching(/^input\.a(\[0\])+…$/),
      message: 'must not be nested deeper than 100 levels',
    });
  });

  it.each([
    ['{"a":{"\\u005f_proto__":1}}', 'a.__proto__'],
    ['{"input":[{"constructor":{"prototype":{}}}]}', 'input[0].constructor.prototype'],
    ['{"__proto__":"__proto__"}', '__proto__'],
  ])('with a member of a reserved name says where: %s', (text, at) => {
    expect(reservedMember(text)).toEqual({ at, message: 'is a name that no member may have' });
  });

  it.each([
    ['{"input":{"a":"\\ud800"}}', 'input.a'],
    ['{"labels":["\\ud83d\\ude00","\\uDE00\\uD83D"]}', 'labels[1]'],
    ['{"input":{"b":"x","a\\uDFFF":1}}', 'input.a\udfff'],
    ['"\\ud83d\\\\ude00"', 'body'],
  ])('with half of a surrogate pair says where: %s', (text, at) => {
    const message = 'must be Unicode text, which half of a surrogate pair is not';
    expect(halfSurrogate(text)).toEqual({ at, message });
  });

  it.each(['{"a":"\\ud83d\\ude00 \\\\ud800 \\u00fc"}', '["\u{1f600}\ufffd"]', '"\\\\ud800"'])(
    'with whole ones is taken: %s',
    (text) => {
      expect(halfSurrogate(text)).toBeNull();
    },
  );

  it.each([
    ['{"a":1,"b":{"a":2},"a":3}', 'a'],
    ['{"input":[{},{"x":{},"y":[1,{"z":1}],"x":[]}]}', 'input[1].x'],
    ['{"a":{"b c" : "b c","b\\u0020c":1}}', 'a.b c'],
    ['{"a":{"":1,"":2}}', 'a.'],
    ['{"1":"\\\\","1":2}', '1'],
  ])('with a member that is repeated says where: %s', (text, at) => {
    const message = 'must not be repeated in its object';
    expect(repeatedMember(text, JSON.parse(text))).toEqual({ at, message });
  });

  it.each([
    '{"a":{"a":["a","a",{"a":"a"},{"a":"a"}]},"b":"\\":"}',
    '{"a\\\\":"\\\\","b" \t\n:\r"\\"c\\":1,\\"c\\":2"}',
    '["a","a"]',
    '1',
    `"${'\\n'.repeat(500_000)}"`,
  ])('that repeats no member is taken: %.60s', (text) => {
    expect(repeatedMember(text, JSON.parse(text))).toBeNull();
  });

  it('may have such words elsewhere', () => {
    const text = '{"a":["__proto__"],"constructor":"prototype","prototype":{"constructor":1}}';
    expect(reservedMember(text)).toBeNull();
  });
});
