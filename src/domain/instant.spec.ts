import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromEpochMs, toInstant } from './instant.ts';

const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('an instant', () => {
  test.each([
    ['seven decimals', '2021-07-23T16:40:07.7932312Z', '2021-07-23T16:40:07.793Z'],
    ['no decimals', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['+0000', '2017-07-19T16:31:39.331+0000', '2017-07-19T16:31:39.331Z'],
    ['hours only', '2026-03-02T04:05:06.789-05', '2026-03-02T09:05:06.789Z'],
    ['with a colon', '2026-03-02T04:05:06.789+05:30', '2026-03-01T22:35:06.789Z'],
    ['three decimals', '2026-01-12T06:30:00.000Z', '2026-01-12T06:30:00.000Z'],
    ['.NET without an offset', '2025-09-07T10:06:08.66', '2025-09-07T10:06:08.660Z'],
    ['a blank instead of T', '2025-09-07 10:06:08', '2025-09-07T10:06:08.000Z'],
    ['no seconds', '2025-09-07T10:06Z', '2025-09-07T10:06:00.000Z'],
    ['a comma', '2025-09-07T10:06:08,5z', '2025-09-07T10:06:08.500Z'],
    ['blanks around', ' 2025-09-07T10:06:08Z ', '2025-09-07T10:06:08.000Z'],
    ['a leap day', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['a leap second', '2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
    ['one with decimals', '2016-12-31T18:59:60.5-05:00', '2016-12-31T23:59:59.999Z'],
  ])('reads %s', (_name, written, expected) => {
    expect(toInstant(written)).toBe(expected);
  });

  test.each([
    ['the "no date" of .NET', '0001-01-01T00:00:00'],
    ['30 February', '2025-02-30T00:00:00Z'],
    ['29 February of a common year', '2025-02-29T00:00:00Z'],
    ['31 April', '2025-04-31T12:00:00Z'],
    ['a thirteenth month', '2025-13-01T00:00:00Z'],
    ['hour 24', '2025-01-01T24:00:00Z'],
    ['second 61', '2025-01-01T23:59:61Z'],
    ['hour 25', '2025-01-01T25:00:00Z'],
    ['an offset of 99 hours', '2025-01-01T00:00:00+99:00'],
    ['a day without a time', '2025-01-01'],
    ['words', 'yesterday'],
    ['an empty text', ''],
    ['a number', 1_700_000_000_000],
    ['null', null],
    ['an object', { date: '2025-01-01T00:00:00Z' }],
  ])('is null for %s', (_name, written) => {
    expect(toInstant(written)).toBeNull();
  });

  test('is null or RFC 3339 for any text, and never a throw', () => {
    const nearly = fc.stringMatching(
      /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d(:?\d\d)?)?$/,
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly), (text) => {
        const instant = toInstant(text);
        if (instant !== null) expect(instant).toMatch(shape);
      }),
      { numRuns: 1_000 },
    );
  });

  test('keeps the moment, whatever the offset it is written in', () => {
    const date = fc.date({
      min: new Date('0003-01-01'),
      max: new Date('9998-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, fc.integer({ min: -14 * 60, max: 14 * 60 }), (at, minutes) => {
        const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const two = (part: number): string => String(part).padStart(2, '0');
        const offset = `${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`;
        expect(toInstant(`${local}${offset}`)).toBe(at.toISOString());
      }),
    );
  });

  test('stays as it is when read again', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0003-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (at) => {
          expect(toInstant(toInstant(at.toISOString()))).toBe(at.toISOString());
        },
      ),
    );
  });

  test('of milliseconds is null outside the years that can be written', () => {
    expect(fromEpochMs(0)).toBe('1970-01-01T00:00:00.000Z');
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, 1e20, Date.UTC(10_000, 0), -1e15])
      expect(fromEpochMs(ms)).toBeNull();
  });
});
