import { describe, expect, it } from '@jest/globals';
import { type ErrorDetails, StoreUnavailableError } from '../domain/errors.ts';
import { toProblem } from './problem.ts';

describe('a problem that may pass by itself', () => {
  const retryable = (details: ErrorDetails): boolean =>
    toProblem(new StoreUnavailableError('Redis is away.', details), {
      id: '1',
      path: '/v1/runs',
      isWrite: true,
    }).retryable;

  it.each(['not_sent', 'rejected', 'applied'] as const)('is retryable when it is %s', (outcome) => {
    expect(retryable({ outcome })).toBe(true);
  });

  it('is not when the write may have been done, unless that does no harm', () => {
    expect(retryable({ outcome: 'unknown' })).toBe(false);
    expect(retryable({ outcome: 'unknown', retryable: true })).toBe(true);
  });
});
