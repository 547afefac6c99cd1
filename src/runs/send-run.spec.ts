import { describe, expect, it } from '@jest/globals';
import { NotFoundError, StoreUnavailableError } from '../domain/errors.ts';
import { erpRun } from './erp-run.testing.ts';
import { foreign } from './kept-run.ts';
import type { FoundRun } from './runs.service.ts';
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
  const erp = { id: 'erp', platform: { name: 'concord' } };
  const run = foreign(erp, erpRun({ createdAt: '2026-11-22T05:00:00.000Z' }), now);
  // What it is found with counts for nothing here.
  const made = { record: { id: 'erp:r-1', revision: 1, doc: run, ledger: null } } as FoundRun;
  const away = new StoreUnavailableError('Redis cannot be reached.');

  it('is told as it was accepted while Redis is away', async () => {
    expect(await accepted({ id: 'erp:r-1', made }, () => Promise.reject(away))).toBe(made);
    await expect(
      accepted({ id: 'erp:r-1', made: null }, () => Promise.reject(away)),
    ).rejects.toMatchObject({ details: { outcome: 'unknown' } });
  });

  it('may have been sent, though its record cannot be found', async () => {
    const id = 'erp:r-1';
    const gone = new NotFoundError('There is no such run.');
    await expect(accepted({ id, made }, () => Promise.reject(gone))).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'unknown', members: { run: id }, cause: gone },
    });
  });
});
