import { capabilities, type Capability } from './capability.ts';
import type { DeploymentRecord } from './deployment.ts';
import type { Native } from './native.ts';
import type { PackageFile } from './package.ts';
import type { ProcessDetailRecord, ProcessRecord } from './process.ts';
import type { Target } from './target.ts';
import type { VersionRecord } from './version.ts';

/** What an upstream says of itself. */
export interface BuildInfo {
  /** Its release; null where it does not tell. */
  readonly version: string | null;
  /** Its own words about its build, passed through. */
  readonly build: Native | null;
}

/** Which process, and which version of it, a key means. */
export interface Resolution {
  /** The canonical native key. */
  readonly key: string;
  /** The version that the key named, when it was an alias of one; else null. */
  readonly version: string | null;
}

/** Definitions: what a platform can run. */
export interface ProcessesPart {
  /** The whole list, every page of it, without what is deleted, draft or superseded. Keys are unique. */
  list(signal: AbortSignal): Promise<readonly ProcessRecord[]>;
  /** One process, live and whole; null when there is none under this canonical key. */
  get(key: string, signal: AbortSignal): Promise<ProcessDetailRecord | null>;
  /**
   * What a key means: an exact native key goes before any alias; null when it means nothing.
   * Asks the upstream only as far as it must.
   */
  resolve(key: string, signal: AbortSignal): Promise<Resolution | null>;
}

/** The numbered states of a process. Keys are canonical; null when there is no such process or version. */
export interface VersionsPart {
  /** All of them, newest first. */
  list(key: string, signal: AbortSignal): Promise<readonly VersionRecord[] | null>;
  /** One by number, by tag or by `latest`, live and whole. */
  get(key: string, version: string, signal: AbortSignal): Promise<VersionRecord | null>;
}

/** The bytes of versions. */
export interface PackagesPart {
  /** The package of a version (number, tag or `latest`), streamed; null when there is none. */
  download(key: string, version: string, signal: AbortSignal): Promise<PackageFile | null>;
}

/** Versions made runnable. */
export interface DeploymentsPart {
  /** Those of one process that this connection can see; null when there is no such process. */
  list(key: string, signal: AbortSignal): Promise<readonly DeploymentRecord[] | null>;
}

/** The places that this connection can deploy to or run on. */
export interface TargetsPart {
  list(signal: AbortSignal): Promise<readonly Target[]>;
}

/** The list says when processes start by themselves (`ProcessRecord.schedule`). */
export interface SchedulesPart {
  /** The grammars that its expressions may be written in. */
  readonly dialects: readonly string[];
}

/** The optional parts: one per capability, absent where the platform lacks it. */
export interface AdapterParts extends Record<Capability, object> {
  readonly processes: ProcessesPart;
  readonly versions: VersionsPart;
  readonly packages: PackagesPart;
  readonly deployments: DeploymentsPart;
  readonly targets: TargetsPart;
  readonly schedules: SchedulesPart;
}

/**
 * What the gateway asks of a platform, implemented once per platform folder and opened once per connection.
 *
 * Every method takes an `AbortSignal` and stops when it fires, returns domain types only, and throws only the errors of
 * `errors.ts`; a malformed upstream body is `upstream_contract`, never a crash and never a made-up value. It follows no
 * URL that an upstream sent, and sends no credential to another origin. The conformance suite holds all of this.
 */
export interface PlatformAdapter {
  /** Reaches the upstream with the connection's credentials. */
  ping(signal: AbortSignal): Promise<BuildInfo>;
  readonly parts: Partial<AdapterParts>;
}

/** What an adapter can do: the parts it has, in the order of the capability table. */
export function capabilitiesOf(adapter: PlatformAdapter): readonly Capability[] {
  return capabilities.filter((capability) => adapter.parts[capability] !== undefined);
}
