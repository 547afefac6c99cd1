import type { Claim, IdempotencyKeys } from '../ledger/idempotency.ts';
import { stored } from '../ledger/stored.ts';

/** Whose key it is. */
interface Holder {
  readonly caller: string;
  readonly key: string;
}

/** While a batch is at work its key is renewed so often, in ms. */
const renewEveryMs = 5_000;

/**
 * The key of a batch, which belongs to one batch as soon as anything of that may have been accepted: whatever a key of an item
 * is kept for is done under it, so it is kept for longer than they are.
 */
export class BatchClaim {
  readonly #keys: IdempotencyKeys;
  readonly #holder: Holder;
  readonly #claim: Claim;
  #keptAt = Number.NEGATIVE_INFINITY;

  private constructor(keys: IdempotencyKeys, holder: Holder, claim: Claim) {
    this.#keys = keys;
    this.#holder = holder;
    this.#claim = claim;
  }

  /**
   * Claims a key for the batch of a fingerprint.
   * @throws IdempotencyKeyReusedError when it belongs to another batch
   * @throws ConflictError while an equal one is on its way of which nothing was accepted yet
   */
  static async of(keys: IdempotencyKeys, holder: Holder, fingerprint: string): Promise<BatchClaim> {
    const claim = await stored(() =>
      keys.claim(holder.caller, holder.key, fingerprint, fingerprint, (_, state) =>
        Promise.resolve(state === 'done'),
      ),
    );
    return new BatchClaim(keys, holder, claim);
  }

  /** Something of the batch was accepted. */
  async keep(): Promise<void> {
    if (performance.now() < this.#keptAt + renewEveryMs) return;
    this.#keptAt = performance.now();
    const { caller, key } = this.#holder;
    // Without it an equal batch is told to wait a while, and another one is refused all the same.
    await this.#keys.settle(caller, key, this.#claim, 'done').catch(() => undefined);
  }

  /** The batch has ended; `isRefused`: nothing of it was accepted, which another one may put right under the same key. */
  async end(isRefused: boolean): Promise<void> {
    if (!isRefused || this.#claim.isReplay) {
      this.#keptAt = Number.NEGATIVE_INFINITY;
      await this.keep();
      return;
    }
    const { caller, key } = this.#holder;
    await this.#keys.release(caller, key, this.#claim).catch(() => undefined);
  }
}
