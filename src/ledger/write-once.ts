import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/errors.ts';
import {
  type ClaimState,
  fingerprintOf,
  idempotencyKeyOf,
  type IdempotencyKeys,
} from './idempotency.ts';
import { stored } from './stored.ts';
import { afterSending } from './with-outcome.ts';

/** A write to something that there is, with the key that its caller may have sent. */
export interface KeyedWrite {
  readonly request: FastifyRequest;
  readonly body: unknown;
  readonly caller: string;
  /** Id of what is written to: what a replay shows. */
  readonly record: string;
}

/** What came of it; no result when an earlier request with the key has done it. */
export interface Written<T> {
  readonly result: T | null;
  readonly isReplay: boolean;
}

/** To be called right before what would take effect twice if it were done twice. */
export type Begin = () => Promise<void>;

/** Does a write once for each idempotency key; without a key, each time. */
export class WriteOnce {
  readonly #keys: IdempotencyKeys;

  constructor(keys: IdempotencyKeys) {
    this.#keys = keys;
  }

  /**
   * A request that has died before its write began is taken over by the next one with its key; one that comes back to
   * life after that is refused by `begin`. A write that never calls `begin` has to be harmless when it is done twice.
   */
  async run<T>(
    { request, body, caller, record }: KeyedWrite,
    write: (begin: Begin) => Promise<T>,
  ): Promise<Written<T>> {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const freely = (): Promise<void> => Promise.resolve();
    if (key === null) return { result: await told(() => write(freely)), isReplay: false };
    const fingerprint = fingerprintOf(request.method, request.url.split('?')[0] ?? '', body ?? {});
    const isDone = (_id: string, state: ClaimState): Promise<boolean> =>
      Promise.resolve(state === 'done');
    const claim = await stored(() => this.#keys.claim(caller, key, fingerprint, record, isDone));
    if (claim.isReplay) return { result: null, isReplay: true };
    const progress = { hasBegun: false };
    const begin = async (): Promise<void> => {
      await stored(() => this.#keys.begin(caller, key, claim));
      progress.hasBegun = true;
    };
    try {
      const result = await told(() => write(begin));
      // What is done is done; a claim that cannot say so is taken for one in doubt, or done again where that is harmless.
      await this.#keys.settle(caller, key, claim, 'done').catch(() => undefined);
      return { result, isReplay: false };
    } catch (error) {
      const isInDoubt = error instanceof GatewayError && error.details.outcome === 'unknown';
      const settled =
        progress.hasBegun && isInDoubt
          ? this.#keys.settle(caller, key, claim, 'unknown')
          : this.#keys.release(caller, key, claim);
      await settled.catch(() => undefined);
      throw error;
    }
  }
}

/** What a write gives; its error says what became of it. */
async function told<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw afterSending(error);
  }
}
