import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advanced, type Coverage, nextSlice, smaller, windowMs, without } from './run-coverage.ts';

const hour = 3_600_000;
const now = 1_800_000_000_000;
const nothing: Coverage = { until: null, missing: [], sliceMs: windowMs };

const shrunk = (coverage: Coverage): Coverage => smaller(coverage, true, now);

describe('what is read of runs', () => {
  it('is the whole window at first, and then what is new, with some of what was before', () => {
    const first = advanced(nothing, now);
    expect(nextSlice(first)).toEqual({ from: now - windowMs, until: now });
    const read = without(first, { from: now - windowMs, until: now });
    expect(nextSlice(read)).toBeNull();
    expect(nextSlice(advanced(read, now + hour))).toEqual({
      from: now - hour / 6,
      until: now + hour,
    });
  });

  it('goes on where it was, behind what is new', () => {
    const first = shrunk(shrunk(advanced(nothing, now)));
    const slice = nextSlice(first);
    expect(slice).toEqual({ from: now - windowMs / 16, until: now });
    const later = advanced(without(first, slice!), now + hour);
    expect(later.missing).toEqual([
      { from: now - hour / 6, until: now + hour },
      { from: now + hour - windowMs, until: slice?.from },
    ]);
  });

  it('comes to an end, and leaves nothing out, whatever fails', () => {
    const walks = fc.array(fc.array(fc.boolean(), { maxLength: 5 }), { maxLength: 20 });
    fc.assert(
      fc.property(walks, fc.integer({ min: 0, max: windowMs }), (outcomes, passes) => {
        let [coverage, at] = [nothing, now];
        const read: [number, number][] = [];
        for (const walk of [...outcomes, Array(40).fill(true) as boolean[]]) {
          coverage = advanced(coverage, (at += passes));
          for (const isRead of walk) {
            const slice = nextSlice(coverage);
            if (slice === null) break;
            if (isRead) read.push([slice.from, slice.until]);
            coverage = isRead
              ? without(coverage, slice)
              : smaller(coverage, slice.until === at, at);
          }
        }
        expect(nextSlice(coverage)).toBeNull();
        let covered = at;
        for (const [from, until] of read.sort((a, b) => b[1] - a[1]))
          if (until >= covered) covered = Math.min(covered, from);
        expect(covered).toBeLessThanOrEqual(at - windowMs);
      }),
    );
  });
});
