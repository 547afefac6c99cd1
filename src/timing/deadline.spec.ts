import { describe, expect, it } from '@jest/globals';
import { deadline, remainingMs } from './deadline.ts';

describe('a deadline', () => {
  it('may be any part of the time that another one leaves', () => {
    const parent = deadline(10_001);
    for (const part of [1, 2, 3, 7]) {
      const leftMs = remainingMs(deadline(remainingMs(parent) / part, parent));
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(10_001 / part);
    }
    expect(remainingMs(deadline(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
  });
});
