import type { IBreaker } from 'cockatiel';
import { GatewayError } from '../domain/errors.ts';

/**
 * Failures in a row, and whether they speak of the upstream as a whole: one resource that answers nothing but 500 must
 * not close the way to all others. So answers count once they come from two places; silence and broken connections
 * always do.
 */
export class FailureStreak implements IBreaker {
  state: unknown = null;
  readonly #threshold: number;
  readonly #places = new Set<string>();
  #count = 0;
  #isGeneral = false;
  #last: string | null = null;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /** What the newest failure said. */
  get last(): string | null {
    return this.#last;
  }

  /** Called before `failure`, which is not told what failed; `place` is the path of the request. */
  saw(error: Error, place: string): void {
    const answered = error instanceof GatewayError && error.details.upstream !== undefined;
    this.#places.add(place);
    this.#isGeneral ||= !answered;
    this.#last = error.message;
  }

  success(): void {
    this.#count = 0;
    this.#isGeneral = false;
    this.#places.clear();
  }

  failure(): boolean {
    this.#count += 1;
    return this.#count >= this.#threshold && (this.#isGeneral || this.#places.size > 1);
  }
}
