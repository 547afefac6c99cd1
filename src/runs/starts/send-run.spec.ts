import { describe, expect, it } from '@jest/globals';
import { lookAgainIn } from './send-run.ts';

const now = Date.parse('2026-11-21T05:00:00.000Z');

describe('when a start is looked at again', () => {
  it.each([
    [null, 2],
    ['2026-11-21T04:00:00.000Z', 2],
    ['2026-11-21T05:00:20.500Z', 21],
    ['2027-01-01T00:00:00.000Z', 60],
  ])('that is scheduled at %s: in %i s', (scheduledAt, seconds) => {
    expect(lookAgainIn({ scheduledAt }, now)).toBe(seconds);
  });
});
