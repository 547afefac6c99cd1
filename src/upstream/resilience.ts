import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  decorrelatedJitterGenerator,
  handleWhen,
  type IPolicy,
  type IRetryBackoffContext,
  retry,
  wrap,
} from 'cockatiel';
import {
  GatewayError,
  UpstreamRateLimitedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import { remainingMs } from './deadline.ts';

/** How much is asked of one upstream at once, and when it is left alone. */
export interface ResilienceOptions {
  /** Requests under way at once, from this process. */
  readonly concurrency: number;
  /** Failures in a row after which the circuit opens. */
  readonly breakAfter: number;
  /** How long it stays open before one request may try again, in ms. */
  readonly halfOpenAfterMs: number;
}

/** Further tries of a request that can be repeated. */
const maxRetries = 2;
const firstDelayMs = 100;
const longestDelayMs = 2_000;
const queueLimit = 20_000;

function failsTheUpstream(error: Error): boolean {
  return error instanceof UpstreamUnavailableError || error instanceof UpstreamTimeoutError;
}

/** Whether another try can help and the caller's deadline leaves room for it. */
function worthRetrying(error: Error, signal: AbortSignal): boolean {
  const transient = failsTheUpstream(error) || error instanceof UpstreamRateLimitedError;
  if (!transient || signal.aborted) return false;
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
  readonly #breaker;
  readonly #limited: IPolicy;

  constructor(options: ResilienceOptions) {
    this.#breaker = circuitBreaker(handleWhen(failsTheUpstream), {
      halfOpenAfter: options.halfOpenAfterMs,
      breaker: new ConsecutiveBreaker(options.breakAfter),
    });
    this.#limited = wrap(this.#breaker, bulkhead(options.concurrency, queueLimit));
  }

  /** Whether requests are let through. */
  get open(): boolean {
    return this.#breaker.state !== CircuitState.Open;
  }

  /** One try, within the limits. */
  async once<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await this.#limited.execute(send, signal);
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        throw new UpstreamUnavailableError(
          'It failed several times in a row and is left alone for a moment.',
          {
            sent: 'no',
            retryAfterMs: 1_000,
          },
        );
      }
      if (error instanceof BulkheadRejectedError) {
        throw new UpstreamUnavailableError('Too many requests wait for it already.', {
          sent: 'no',
        });
      }
      throw error;
    }
  }

  /** Up to three tries of a request that can be repeated without harm. */
  async repeatedly<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const policy = retry(
      handleWhen((error) => worthRetrying(error, signal)),
      { maxAttempts: maxRetries, backoff },
    );
    return policy.execute(() => this.once(send, signal), signal);
  }
}
