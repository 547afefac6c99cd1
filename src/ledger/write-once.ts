import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/errors.ts';
import { fingerprintOf, idempotencyKeyOf, type IdempotencyKeys } from './idempotency.ts';
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

/** Does a write once for each idempotency key; without a key, each time. */
export class WriteOnce {
  readonly #keys: IdempotencyKeys;

  constructor(keys: IdempotencyKeys) {
    this.#keys = keys;
  }

  async run<T>(
    { request, body, caller, record }: KeyedWrite,
    write: () => Promise<T>,
  ): Promise<Written<T>> {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    if (key === null) return { result: await told(write), isReplay: false };
    const fingerprint = fingerprintOf(request.method, request.url.split('?')[0] ?? '', body ?? {});
    const claim = await stored(() =>
      this.#keys.claim(caller, key, fingerprint, record, () => Promise.resolve(true)),
    );
    if (claim.isReplay) return { result: null, isReplay: true };
    try {
      return { result: await told(write), isReplay: false };
    } catch (error) {
      const isDone = error instanceof GatewayError && error.details.outcome === 'unknown';
      if (!isDone) await this.#keys.release(caller, key, claim).catch(() => undefined);
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
