import { describe, expect, it } from '@jest/globals';
import { NotFoundError, StoreUnavailableError } from '../domain/errors.ts';
import { readAccepted } from './read-accepted.ts';

describe('a write that was accepted', () => {
  const id = 'erp:r-1';
  const made = { status: 'queued' };
  const away = new StoreUnavailableError('Redis cannot be reached.');

  it('is told as it was accepted while Redis is away', async () => {
    const read = (): Promise<never> => Promise.reject(away);
    expect(await readAccepted({ id, made }, 'run', read)).toBe(made);
    await expect(readAccepted({ id, made: null }, 'run', read)).rejects.toMatchObject({
      details: { outcome: 'unknown' },
    });
  });

  it('may have been sent, though its record cannot be found', async () => {
    const gone = new NotFoundError('There is no such run.');
    const read = (): Promise<never> => Promise.reject(gone);
    await expect(readAccepted({ id, made }, 'operation', read)).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'unknown', members: { operation: id }, cause: gone },
    });
  });
});
