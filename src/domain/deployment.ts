import type { Instant } from './instant.ts';
import type { Link } from './link.ts';
import type { Native } from './native.ts';
import type { Target } from './target.ts';

/** What an adapter says of one deployment. */
export interface DeploymentRecord {
  /** The platform's id of it, unique within the connection. */
  readonly id: string;
  /** Every id the platform knows it by. */
  readonly nativeIds: Readonly<Record<string, string>>;
  readonly version: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly target: Target;
  /** Whether its triggers start it; null where the platform has no such switch. */
  readonly triggersActive: boolean | null;
  readonly settings: Native | null;
  readonly deployedAt: Instant | null;
  readonly deployedBy: string | null;
  readonly native: Native;
}

/** Where a caller can go from a deployment. */
export interface DeploymentLinks {
  readonly process: Link;
  readonly version: Link | null;
}

/** A version made runnable in a place. */
export interface Deployment extends Omit<DeploymentRecord, 'native'> {
  /** Id of the process. */
  readonly process: string;
  readonly links: DeploymentLinks;
  readonly native: Native | null;
}
