import type { Instant } from './instant.ts';
import type { Link } from './link.ts';
import type { Native } from './native.ts';

/** What an adapter says of one version of a process. */
export interface VersionRecord {
  /** What callers put into a URL: the platform's number or name of the version. */
  readonly version: string;
  /** The platform's own id of this version, where it has one. */
  readonly versionId: string | null;
  /** What people call it: `2.4` where the platform counts builds. */
  readonly displayVersion: string;
  readonly isLatest: boolean;
  /** Names that point at this version. */
  readonly tags: readonly string[];
  /** Whether it is the one that runs somewhere; null when the platform does not say. */
  readonly active: boolean | null;
  readonly description: string | null;
  readonly changeNote: string | null;
  readonly configuration: Native | null;
  readonly createdAt: Instant | null;
  readonly createdBy: string | null;
  /** In a list slim, on a single version whole. Never a secret. */
  readonly native: Native;
}

/** Where a caller can go from a version. */
export interface VersionLinks {
  readonly self: Link;
  readonly process: Link;
  readonly package: Link | null;
}

/** A numbered state of a process. */
export interface Version extends Omit<VersionRecord, 'native'> {
  /** Id of the process. */
  readonly process: string;
  readonly links: VersionLinks;
  readonly native: Native | null;
}
