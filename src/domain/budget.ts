import type { Instant } from './instant.ts';

/** What may still be asked of an upstream in its window. */
export interface Budget {
  readonly limit: number;
  readonly remaining: number;
  readonly resetsAt: Instant;
}

/** The same with when what was spent may be spent again. */
export interface SpentBudget extends Budget {
  /** Of each call that counts, in ms from now, soonest first. */
  readonly freeInMs: readonly number[];
}
