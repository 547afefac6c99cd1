import { GatewayError, StoreUnavailableError } from '../domain/errors.ts';

const soonMs = 1_000;

/** Of a write that does no harm when it is sent again, whatever became of it. */
export const sayAgain = { retryable: true } as const;

/**
 * What Redis gives; when it cannot be asked, an error that says what that means for the write: `unknown` when the request
 * to store it may have arrived.
 * @throws StoreUnavailableError
 */
export async function stored<T>(
  work: () => Promise<T>,
  outcome: 'not_sent' | 'unknown' = 'not_sent',
  more: Partial<typeof sayAgain> = {},
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const what =
      outcome === 'not_sent'
        ? 'Redis cannot be reached, so nothing was done.'
        : 'Redis was lost while the request was stored, so it may or may not be there: send it again with the same Idempotency-Key, or look for it in the list.';
    throw new StoreUnavailableError(what, { ...more, outcome, retryAfterMs: soonMs, cause });
  }
}
