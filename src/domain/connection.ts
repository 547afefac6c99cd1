import type { BuildInfo } from './adapter.ts';
import type { Budget } from './budget.ts';
import type { Capability } from './capability.ts';
import type { Instant } from './instant.ts';
import type { Link } from './link.ts';
import type { Source, SourceProblem } from './source.ts';

/** `degraded`: it answers, but its list is older than it should be; `unknown`: nobody has looked yet. */
export const healthStatuses = ['ok', 'degraded', 'down', 'unauthorized', 'unknown'] as const;
export type HealthStatus = (typeof healthStatuses)[number];

/** What the newest check of an upstream found. */
export interface ConnectionHealth {
  readonly status: HealthStatus;
  readonly checkedAt: Instant | null;
  readonly problem: SourceProblem | null;
}

/** Where a caller can go from a connection. */
export interface ConnectionLinks {
  readonly self: Link;
  readonly processes: Link;
  readonly refresh: Link;
  readonly targets: Link | null;
}

/** One configured upstream, as callers see it. */
export interface ConnectionState {
  readonly id: string;
  readonly platform: string;
  readonly name: string;
  readonly capabilities: readonly Capability[];
  readonly health: ConnectionHealth;
  readonly list: Source;
  readonly upstream: Omit<BuildInfo, 'missing'>;
  /** Null where the gateway counts no calls, and while nobody can say. */
  readonly budget: Budget | null;
  readonly links: ConnectionLinks;
}

/** A kind of upstream. */
export interface PlatformState {
  readonly name: string;
  readonly title: string;
  /** What its connections can do, taken together: it shows on one that is opened, so without any there is nothing. */
  readonly capabilities: readonly Capability[];
  readonly connections: readonly string[];
}
