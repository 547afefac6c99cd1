import type { Instant } from './instant.ts';

/** What may still be asked of an upstream in its window. */
export interface Budget {
  readonly limit: number;
  readonly remaining: number;
  readonly resetsAt: Instant;
}
