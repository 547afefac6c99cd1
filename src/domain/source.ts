import type { ProblemCode } from './errors.ts';
import type { Instant } from './instant.ts';

/** How a connection takes part in a merged list. */
export const sourceStatuses = ['fresh', 'stale', 'warming', 'failed', 'skipped'] as const;
export type SourceStatus = (typeof sourceStatuses)[number];

/** Why the newest look at an upstream failed. */
export interface SourceProblem {
  readonly code: ProblemCode;
  readonly detail: string;
}

/** One connection's part in a merged list. */
export interface Source {
  readonly connection: string;
  readonly platform: string;
  readonly status: SourceStatus;
  /** Its matches of this query; null when nobody knows. */
  readonly count: number | null;
  /** When the walk began that the items come from. */
  readonly asOf: Instant | null;
  readonly problem: SourceProblem | null;
}
