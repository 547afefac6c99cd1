import { describe, expect, it } from '@jest/globals';
import { rangeOf } from './range.ts';

describe('a range of 1,297 bytes', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=1296-', { start: 1_296, end: 1_297 }],
    ['bytes=10-99999999999999999999999', { start: 10, end: 1_297 }],
    ['bytes=-1297', { start: 0, end: 1_297 }],
    ['Bytes=-3', { start: 1_294, end: 1_297 }],
  ])('that %s means is %j', (header, stretch) => {
    expect(rangeOf(header, 1_297)).toEqual(stretch);
  });

  it.each(['bytes=-1298', 'bytes=-999999999', 'bytes=-99999999999999999999999'])(
    'is all of them for %s, which is longer',
    (header) => {
      expect(rangeOf(header, 1_297)).toEqual({ start: 0, end: 1_297 });
    },
  );

  it.each(['bytes=1297-', 'bytes=1297-1300', 'bytes=-0'])('cannot be had for %s', (header) => {
    expect(rangeOf(header, 1_297)).toBe('outside');
  });

  it.each(['bytes=5-2', 'bytes=9999-9998', 'bytes=-', 'bytes=', 'bytes=a-b', 'lines=0-1', '0-1'])(
    'is not what %s asks for, which says nothing',
    (header) => {
      expect(rangeOf(header, 1_297)).toBeNull();
    },
  );

  it.each(['bytes=0-1,5-6', 'bytes=0-1,9999-'])('is one, not several as in %s', (header) => {
    expect(rangeOf(header, 1_297)).toBeNull();
  });
});

describe('a range of nothing', () => {
  it('is all of it where its end is asked for, and cannot be had elsewhere', () => {
    expect(rangeOf('bytes=-5', 0)).toBeNull();
    expect(rangeOf('bytes=0-', 0)).toBe('outside');
  });
});
