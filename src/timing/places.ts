import { bulkhead, type BulkheadPolicy } from 'cockatiel';

/** So many do something at once; the others have their turn in the order in which they came. */
export class Places {
  readonly #places: BulkheadPolicy;
  #waiting = 0;

  constructor(atOnce: number) {
    this.#places = bulkhead(atOnce, Number.MAX_SAFE_INTEGER);
  }

  /** Whether who comes now has to wait. */
  get isFull(): boolean {
    return this.#places.executionSlots === 0;
  }

  /** How many wait, without those who have given up. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * What `work` gives, once it is its turn. `patience` is for the wait only: when it fires before that, this rejects at
   * once with its reason, and `work` never begins.
   */
  async take<T>(work: () => Promise<T>, patience: AbortSignal): Promise<T> {
    patience.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      let isGivenUp = false;
      const giveUp = (): void => {
        isGivenUp = true;
        this.#waiting -= 1;
        reject(patience.reason as Error);
      };
      const turn = async (): Promise<void> => {
        // The bulkhead itself would refuse what was given up too, but then calls nobody else in its turn.
        if (isGivenUp) return;
        patience.removeEventListener('abort', giveUp);
        this.#waiting -= 1;
        resolve(await work());
      };
      this.#waiting += 1;
      patience.addEventListener('abort', giveUp, { once: true });
      this.#places.execute(turn).catch(reject);
    });
  }
}
