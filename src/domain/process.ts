import type { Capability } from './capability.ts';
import type { Deployment, DeploymentRecord } from './deployment.ts';
import type { Instant } from './instant.ts';
import type { Link } from './link.ts';
import type { Native } from './native.ts';

/** What a definition is for; `process` where the platform makes no difference. */
export const processKinds = ['process', 'subprocess', 'library', 'monitoring'] as const;
export type ProcessKind = (typeof processKinds)[number];

/** When a process starts by itself. The expression is passed through as the platform writes it, never parsed. */
export interface Schedule {
  readonly expression: string;
  /** The grammar of the expression, as the platform calls it. */
  readonly dialect: string;
  /** As the platform writes it: an IANA name or the platform's own word; null when it is not said. */
  readonly timezone: string | null;
  readonly active: boolean;
}

/** What an adapter says of one process: the item of its list, everything but what the gateway itself adds. */
export interface ProcessRecord {
  /** The native key in its canonical spelling (`encodeKey`). */
  readonly key: string;
  readonly name: string;
  readonly description: string | null;
  readonly kind: ProcessKind;
  /** Whether it can run; null when the platform does not say. */
  readonly enabled: boolean | null;
  readonly latestVersion: string | null;
  readonly labels: readonly string[];
  /** The category that the platform files it under. */
  readonly service: string | null;
  /** Null where it has none, or the platform lacks schedules. */
  readonly schedule: readonly Schedule[] | null;
  readonly createdAt: Instant | null;
  readonly updatedAt: Instant | null;
  readonly updatedBy: string | null;
  /** A page of the platform itself that starts the process in a browser. */
  readonly startPage: string | null;
  /** In a list the slim item; on a single process whole. Never a secret. */
  readonly native: Native;
}

/** What an adapter says of one process when asked for it alone. */
export interface ProcessDetailRecord extends ProcessRecord {
  /** Null where the platform lacks deployments. */
  readonly deployments: readonly DeploymentRecord[] | null;
  /** JSON Schema (2020-12) of a run's input; null where the platform does not say. */
  readonly inputSchema: Native | null;
  /** The definition as the platform keeps it, where it is data and not a file. */
  readonly configuration: Native | null;
}

/** Where a caller can go from a process; null where the platform lacks what the link needs. */
export interface ProcessLinks {
  readonly self: Link;
  readonly versions: Link | null;
  readonly package: Link | null;
  readonly deployments: Link | null;
  /** The platform's own page that starts the process in a browser. */
  readonly start: Link | null;
}

/** A definition that can be run, in the one shape that every platform's answer has. */
export interface Process extends Omit<ProcessRecord, 'startPage' | 'native'> {
  readonly id: string;
  readonly connection: string;
  readonly platform: string;
  readonly capabilities: readonly Capability[];
  readonly links: ProcessLinks;
  /** Only with `include=native`, else null. */
  readonly native: Native | null;
}

/** One process, live and whole. */
export interface ProcessDetail extends Process {
  readonly deployments: readonly Deployment[] | null;
  readonly inputSchema: Native | null;
  readonly configuration: Native | null;
  /** The version that the id named, when it named one; else null. */
  readonly resolvedVersion: string | null;
}
