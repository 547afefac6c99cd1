import { expect, test } from '@jest/globals';
import { preferenceOf } from './prefer.ts';

test.each([
  [undefined, null, null],
  ['wait=5', 5_000, 'wait=5'],
  ['Wait = "7"', 7_000, 'wait=7'],
  ['wait', 60_000, 'wait=60'],
  ['wait=', 60_000, 'wait=60'],
  ['wait=""', 60_000, 'wait=60'],
  ['respond-async', null, 'respond-async'],
  ['respond-async, wait=10', 10_000, 'wait=10'],
  ['handling=lenient, wait=10; for=test', 10_000, 'wait=10'],
  // Commas within quotes part nothing (RFC 9110 §5.6.4).
  ['respond-async; foo="a,wait=20"', null, 'respond-async'],
  ['foo="a\\",wait=20", wait=3', 3_000, 'wait=3'],
  [['foo', 'wait=2'], 2_000, 'wait=2'],
  ['respond-async=', null, 'respond-async'],
  ['wait=3, foo="never closed, wait=20', 3_000, 'wait=3'],
  ['foo="never closed\\', null, null],
])('%j asks to wait %j ms', (header, waitMs, applied) => {
  expect(preferenceOf(header)).toEqual({ waitMs, applied });
});

test.each(['wait=61', 'wait=-1', 'wait=1.5', 'wait=soon'])('%s is refused', (header) => {
  expect(() => preferenceOf(header)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      details: { errors: [{ at: 'Prefer', message: expect.any(String) }] },
    }),
  );
});

test('a header as long as one may be is read in no time, whatever is in it', () => {
  const longest = 16_000;
  const texts = [
    '"' + '\\"'.repeat(longest / 2),
    ' '.repeat(longest) + 'x',
    '"a'.repeat(longest / 2),
  ];
  for (const text of [...texts, ...texts.map((each) => `wait=1,${each}`)]) {
    const begun = process.cpuUsage();
    for (let n = 0; n < 20; n += 1) preferenceOf(text);
    // Twenty of them took seconds where the effort grew with the square of the length.
    expect(process.cpuUsage(begun).user).toBeLessThan(1_000_000);
  }
});
