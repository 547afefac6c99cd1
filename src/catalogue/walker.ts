import { GatewayError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { deadline } from '../timing/deadline.ts';
import type { CellName, CellStore, Lease, WalkProblem } from './cell.ts';
import type { Walkable, WalkTiming } from './walkable.ts';

/** Whoever waits for a value must find it, however short it is good for. */
const leastKeepMs = 10_000;

/** Walks under a lease, which it keeps alive, and stores what comes of it. */
export class Walker {
  readonly #store: CellStore;
  readonly #log: Log;
  readonly #timing: WalkTiming;

  constructor(store: CellStore, log: Log, timing: WalkTiming) {
    this.#store = store;
    this.#log = log;
    this.#timing = timing;
  }

  async walk(target: Walkable, lease: Lease): Promise<void> {
    const { name, timeoutMs } = target;
    const lost = new AbortController();
    const heartbeat = setInterval(
      () => void this.#renew(name, lease, lost),
      this.#timing.renewEvery,
    );
    // A process that ends does not wait for its walks.
    heartbeat.unref();
    const signal = deadline(timeoutMs, lost.signal);
    try {
      const { value, keepMs, landed } = await orAborted(target.walk(signal), signal);
      const isKept = await this.#store.commit(name, lease, value, Math.max(keepMs, leastKeepMs));
      await landed(isKept);
    } catch (error) {
      if (lost.signal.aborted) this.#log.info(name, 'A walk was given up: its lease was lost');
      else await this.#store.fail(name, lease, this.#problemOf(error, target, signal));
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #renew(name: CellName, lease: Lease, lost: AbortController): Promise<void> {
    try {
      if (!(await this.#store.renew(name, lease, this.#timing.lease))) lost.abort();
    } catch (error) {
      this.#log.warn({ ...name, reason: String(error) }, 'A lease could not be renewed');
    }
  }

  #problemOf(error: unknown, { name, timeoutMs }: Walkable, signal: AbortSignal): WalkProblem {
    if (error instanceof GatewayError) {
      this.#log.warn(
        { ...name, code: error.code, reason: error.message },
        'An upstream could not be read',
      );
      const { upstream = null, retryAfterMs = null } = error.details;
      return { code: error.code, detail: error.message, upstream, retryAfterMs };
    }
    if (signal.aborted) {
      const detail = `The platform could not be read within ${timeoutMs / 1_000} s.`;
      this.#log.warn({ ...name, reason: detail }, 'An upstream could not be read');
      return { code: 'upstream_timeout', detail, upstream: null, retryAfterMs: null };
    }
    this.#log.error({ ...name, err: error }, 'Reading an upstream failed in the gateway itself');
    return {
      code: 'internal',
      detail: 'The gateway failed while it read the platform; its log says why.',
      upstream: null,
      retryAfterMs: null,
    };
  }
}

/** What the work gives, unless the signal fires first: work that does not listen must not hold a lease for ever. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        // What the work itself says of it goes first, if it says it at once.
        setImmediate(reject, signal.reason);
      },
      { once: true },
    );
    work.then(resolve, reject);
  });
}
