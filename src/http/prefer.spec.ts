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
