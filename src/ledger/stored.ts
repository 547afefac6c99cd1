import { ReplyError } from 'ioredis';
import {
  GatewayError,
  InternalError,
  type Outcome,
  StoreUnavailableError,
} from '../domain/errors.ts';
import { RedisTimeoutError } from '../redis/bounded-redis.ts';
import { ContentionError } from './record-store.ts';

const soonMs = 1_000;

/** Of a write that does no harm when it is sent again, whatever became of it. */
export const sayAgain = { retryable: true } as const;

/** What Redis says of a command that nobody should have sent. Other words of its own, and of a proxy, may pass. */
const brokenCommand =
  /^(WRONGTYPE|ERR (min or max is not|syntax error|value is not|wrong number of arguments))/;

/**
 * What Redis gives; when it cannot be asked, an error that says what that means for the write: `unknown` when the request
 * to store it may have arrived.
 * @throws StoreUnavailableError, and InternalError for what is no fault of Redis
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
    if (isDefect(cause)) throw defect(outcome, cause);
    const what =
      outcome === 'not_sent'
        ? `${whyOf(cause)}, so nothing was done.`
        : `${lossOf(cause)} while the request was stored, so it may or may not be there: send it again with the same Idempotency-Key, or look for it in the list.`;
    throw new StoreUnavailableError(what, { ...more, outcome, retryAfterMs: soonMs, cause });
  }
}

/** What kept Redis from storing something, as an error for people; what is no fault of Redis as it is. */
export function asStoreError(cause: unknown): unknown {
  if (cause instanceof GatewayError || isDefect(cause)) return cause;
  return new StoreUnavailableError(`${whyOf(cause)}.`, { cause });
}

/** Redis has answered, with an error. */
function isReply(cause: unknown): cause is Error {
  return cause instanceof ReplyError;
}

function isDefect(cause: unknown): boolean {
  if (isReply(cause)) return brokenCommand.test(cause.message);
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((of) => cause instanceof of);
}

function defect(outcome: Outcome, cause: unknown): InternalError {
  return new InternalError(
    'Something went wrong in the gateway while it asked Redis. Its log has the details under this request id.',
    { outcome, cause },
  );
}

/** A Redis that hangs or refuses is looked for elsewhere than one that is not there. */
function whyOf(cause: unknown): string {
  if (cause instanceof RedisTimeoutError) return `Redis gave no answer within ${cause.boundMs} ms`;
  // Its first word is a code, as LOADING, OOM or READONLY.
  if (isReply(cause)) return `Redis refuses this (${cause.message.split(' ')[0] ?? ''})`;
  return cause instanceof ContentionError
    ? 'Too many change it at once'
    : 'Redis cannot be reached';
}

function lossOf(cause: unknown): string {
  return cause instanceof ContentionError ? 'Too many changed it at once' : 'Redis was lost';
}
