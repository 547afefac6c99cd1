import { describe, expect, it } from '@jest/globals';
import { NotFoundError } from '../domain/errors.ts';
import { accepted, lookAgainIn } from './send-run.ts';

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

describe('a start that was accepted', () => {
  it('may have been sent, though its record cannot be found', async () => {
    const id = 'erp:r-1';
    const gone = new NotFoundError('There is no such run.');
    await expect(accepted(id, () => Promise.reject(gone))).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'unknown', members: { run: id }, cause: gone },
    });
  });
});
