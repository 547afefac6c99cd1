import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  circuitBreaker,
  CircuitState,
  DelegateBackoff,
  decorrelatedJitterGenerator,
  handleWhen,
  type IPolicy,
  type IRetryBackoffContext,
  retry,
  TaskCancelledError,
  wrap,
} from 'cockatiel';
import {
  GatewayError,
  UpstreamRateLimitedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import { remainingMs } from '../timing/deadline.ts';
import { unlessAborted } from '../timing/unless-aborted.ts';
import { FailureStreak } from './failure-streak.ts';
import type { UpstreamName } from './upstream-errors.ts';

/** How much is asked of one upstream at once, and when it is left alone. */
export interface ResilienceOptions {
  /** Whom the errors are about. */
  readonly name: UpstreamName;
  /** Requests under way at once, from this process. */
  readonly concurrency: number;
  /** Failures in a row after which the circuit opens, unless all are answers from one path. */
  readonly breakAfter: number;
  /** How long it stays open before one request may try again, in ms. */
  readonly halfOpenAfterMs: number;
}

/** Further tries of a request that can be repeated. */
const maxRetries = 2;
const firstDelayMs = 100;
const longestDelayMs = 2_000;
const queueLimit = 20_000;

/** What a call failed with after its caller had given it up: that says nothing about the upstream. */
class GivenUpError extends Error {}

/** What a call fails with while the circuit is open: at once, another try would only meet the same. */
class LeftAloneError extends UpstreamUnavailableError {}

function isGivenUp(signal: AbortSignal): boolean {
  const { name } = (signal.reason ?? {}) as { readonly name?: unknown };
  return signal.aborted && name !== 'TimeoutError';
}

function failsTheUpstream(error: Error): boolean {
  return error instanceof UpstreamUnavailableError || error instanceof UpstreamTimeoutError;
}

/** Whether another try can help and the caller's deadline leaves room for it. */
function worthRetrying(error: Error, signal: AbortSignal): boolean {
  const transient = failsTheUpstream(error) || error instanceof UpstreamRateLimitedError;
  if (!transient || error instanceof LeftAloneError || signal.aborted) return false;
  const wait = (error as GatewayError).details.retryAfterMs ?? firstDelayMs;
  return wait < remainingMs(signal) && wait <= longestDelayMs * 5;
}

/** `Retry-After` where the upstream said it, else exponential with decorrelated jitter. */
const backoff = new DelegateBackoff<IRetryBackoffContext<unknown>, [number, number]>(
  ({ result }, state) => {
    const [delay, next] = decorrelatedJitterGenerator(state, {
      initialDelay: firstDelayMs,
      maxDelay: longestDelayMs,
      exponent: 2,
      generator: decorrelatedJitterGenerator,
    });
    const failure = 'error' in result ? result.error : null;
    const asked = failure instanceof GatewayError ? failure.details.retryAfterMs : undefined;
    return { delay: asked ?? delay, state: next };
  },
);

/** What stands between an adapter and its upstream: a limit of concurrency, a circuit breaker, retries. */
export class Resilience {
  readonly #name: UpstreamName;
  readonly #streak: FailureStreak;
  readonly #breaker;
  readonly #limited: IPolicy;
  readonly #halfOpenAfterMs: number;
  #openedAt = 0;

  constructor(options: ResilienceOptions) {
    this.#name = options.name;
    this.#halfOpenAfterMs = options.halfOpenAfterMs;
    this.#streak = new FailureStreak(options.breakAfter);
    this.#breaker = circuitBreaker(handleWhen(failsTheUpstream), {
      halfOpenAfter: options.halfOpenAfterMs,
      breaker: this.#streak,
    });
    this.#breaker.onBreak(() => {
      this.#openedAt = Date.now();
    });
    this.#limited = wrap(this.#breaker, bulkhead(options.concurrency, queueLimit));
  }

  /** Whether requests are let through. */
  get open(): boolean {
    return this.#breaker.state !== CircuitState.Open;
  }

  /** One try, within the limits; `place` is the path that is asked. */
  async once<T>(send: () => Promise<T>, signal: AbortSignal, place: string): Promise<T> {
    const attempt = async (): Promise<T> => {
      // The bulkhead itself would refuse it too, but then calls nobody else in its turn.
      if (signal.aborted) throw new TaskCancelledError();
      try {
        return await send();
      } catch (error) {
        if (isGivenUp(signal)) throw new GivenUpError('', { cause: error });
        if (error instanceof Error && failsTheUpstream(error)) this.#streak.saw(error, place);
        throw error;
      }
    };
    try {
      if (signal.aborted) throw new TaskCancelledError();
      return await this.#untilAborted(this.#limited.execute(attempt), signal);
    } catch (error) {
      throw this.#said(error);
    }
  }

  /** Up to three tries of a request that can be repeated without harm. */
  async repeatedly<T>(send: () => Promise<T>, signal: AbortSignal, place: string): Promise<T> {
    const policy = retry(
      handleWhen((error) => worthRetrying(error, signal)),
      { maxAttempts: maxRetries, backoff },
    );
    const tries = policy.execute(() => this.once(send, signal, place), signal);
    return this.#untilAborted(tries, signal);
  }

  /** The policies' own errors in the words of the catalogue. */
  #said(error: unknown): unknown {
    const { connection, platform, title } = this.#name;
    const who = `${title} (${connection})`;
    const details = { connection, platform, sent: 'no' } as const;
    if (error instanceof GivenUpError) return error.cause;
    if (error instanceof BrokenCircuitError) {
      const reason = this.#streak.last === null ? '' : ` The last time: ${this.#streak.last}`;
      const leftMs = this.#openedAt + this.#halfOpenAfterMs - Date.now();
      return new LeftAloneError(
        `${who} failed several times in a row and is left alone for a moment.${reason}`,
        { ...details, retryAfterMs: Math.max(leftMs, 1) },
      );
    }
    if (error instanceof BulkheadRejectedError) {
      return new UpstreamUnavailableError(`Too many requests wait for ${who} already.`, details);
    }
    if (error instanceof TaskCancelledError) {
      return new UpstreamTimeoutError(`Nothing was sent to ${who} in time.`, details);
    }
    return error;
  }

  /** The policies do not look at the signal while a call waits for its turn or for its next try; this does. */
  #untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return unlessAborted(work, signal, () => {
      const { connection, platform, title } = this.#name;
      const what = `${title} (${connection}) did not answer in time.`;
      return new UpstreamTimeoutError(what, { connection, platform, sent: 'maybe' });
    });
  }
}
