import { GatewayError, RecalledError } from '../domain/errors.ts';
import type { IdempotencyKeys } from './idempotency.ts';
import { stored } from './stored.ts';

/** Who asks for a write, and under which key. */
export interface Keyed {
  /** Keys of one caller are unknown to others. */
  readonly caller: string;
  readonly idempotencyKey: string | null;
}

/** A write that was accepted, now or by an earlier request with its key. */
export interface AcceptedOnce<T> {
  /** Of its record. */
  readonly id: string;
  readonly isReplay: boolean;
  /** What the first request was answered with, as far as that is known. */
  readonly status: number | null;
  /** What was made; null where that was an earlier request's. */
  readonly made: T | null;
}

/**
 * By what a write is answered: one that is repeated has the status of its first answer, but who waits asks how it stands
 * now, and would else be told 202 for ever.
 */
export function toldBy(
  { isReplay, status }: Pick<AcceptedOnce<unknown>, 'isReplay' | 'status'>,
  waitMs: number,
): { readonly isReplay: boolean; readonly status: number | null } {
  return { isReplay, status: waitMs > 0 ? null : status };
}

/** Accepts a write once for each idempotency key: what an earlier request has made stands for every later one. */
export class AcceptOnce<T> {
  readonly #keys: IdempotencyKeys;
  readonly #isThere: (id: string) => Promise<boolean>;

  /** `isThere`: whether the record of an id was made. */
  constructor(keys: IdempotencyKeys, isThere: (id: string) => Promise<boolean>) {
    this.#keys = keys;
    this.#isThere = isThere;
  }

  /** Makes a record under its `own` id, or the one that an earlier request with the key, which has died, was to make. */
  async once(
    { caller, idempotencyKey }: Keyed,
    fingerprint: string,
    own: string,
    make: (id: string) => Promise<T>,
  ): Promise<AcceptedOnce<T>> {
    if (idempotencyKey === null)
      return { id: own, isReplay: false, status: null, made: await make(own) };
    const claim = await stored(() =>
      this.#keys.claim(caller, idempotencyKey, fingerprint, own, this.#isThere),
    );
    if (claim.isReplay) return { ...claim, made: null };
    try {
      return { id: claim.id, isReplay: false, status: null, made: await make(claim.id) };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      // With its key it is found again, if it is there.
      if (isInDoubt(error))
        throw new RecalledError(error, error.message, { ...error.details, retryable: true });
      // Kept, a key would answer for a write that there never was.
      await this.#keys.release(caller, idempotencyKey, claim).catch(() => undefined);
      throw error;
    }
  }

  /** What an earlier request with the same key has made: then nothing needs to be asked of the platform. */
  async made(
    { caller, idempotencyKey }: Keyed,
    fingerprint: string,
  ): Promise<AcceptedOnce<T> | null> {
    if (idempotencyKey === null) return null;
    const claim = await stored(() =>
      this.#keys.made(caller, idempotencyKey, fingerprint, this.#isThere),
    );
    return claim === null ? null : { ...claim, made: null };
  }

  /** Remembers with which status it was answered; without that, its replays are answered by what became of it. */
  async answered(
    { caller, idempotencyKey }: Keyed,
    accepted: AcceptedOnce<T>,
    status: number,
  ): Promise<void> {
    if (idempotencyKey === null || accepted.isReplay) return;
    await this.#keys.answered(caller, idempotencyKey, accepted, status).catch(() => undefined);
  }
}

/** Whether what failed may have been accepted all the same. */
export function isInDoubt(error: unknown): boolean {
  return error instanceof GatewayError && error.details.outcome === 'unknown';
}
