import type { Readable } from 'node:stream';
import type { ChangedItem, ChangeReceipt } from './change.ts';
import type { Native } from './native.ts';
import type { CertainWrite } from './write.ts';

/**
 * What becomes of a process of a file that the connection has already. `error`: nothing of the file is imported;
 * `use-existing`: what stands is kept; `new-version`: it becomes the newest version; `new-active`, `new-inactive`: a
 * further process is made of it, whose triggers are on, or off.
 */
export const conflictModes = [
  'error',
  'use-existing',
  'new-version',
  'new-active',
  'new-inactive',
] as const;
export type ConflictMode = (typeof conflictModes)[number];

/** A file that was stored, and can be read as often as that takes. */
export interface StoredPackage {
  /** What the store opens it by. */
  readonly id: string;
  /** What its sender calls it, as far as it can be used as a name. */
  readonly name: string;
  /** In bytes. */
  readonly length: number;
  /** Of its content, in hexadecimal digits. */
  readonly sha256: string;
}

/** Bytes of a file from `start` on, up to `end` (exclusive). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A stored file as it is looked into. */
export interface ReadablePackage extends StoredPackage {
  /** All of it, or a part. Whoever takes it must read or destroy it. */
  open(range?: ByteRange): Promise<Readable>;
}

/** A process that a file brings. */
export interface PackagedProcess {
  /** Its native key, as the file says it. */
  readonly process: string;
  readonly name: string | null;
  /** The version that the file says it is; null where files say none. */
  readonly version: string | null;
}

/** What a file holds. */
export interface Inspection {
  readonly items: readonly PackagedProcess[];
  /** What the platform's part wants to know of it later, kept in Redis: small, and without its contents. */
  readonly contents: Native;
}

/** A file that was looked into. */
export interface ImportFile extends StoredPackage, Inspection {}

export interface ImportRequest {
  /** One, or several that were exported for this: each holds other processes. */
  readonly files: readonly ImportFile[];
  readonly onConflict: ConflictMode;
}

/** What an import meets, right before it is sent. */
export interface Observation {
  /** Everything that sending it takes now, in place of what was kept until then. */
  readonly evidence: Native;
  /** What it will do. */
  readonly items: readonly ChangedItem[];
  /** What of the upstream that depends on: equal as long as nothing of it has changed. */
  readonly basis: Native;
}

/** Brings files of processes into a connection. */
export interface ImportPart extends CertainWrite<ChangeReceipt> {
  /** What it can do about conflicts; the others are refused before the platform is asked. */
  readonly modes: readonly ConflictMode[];
  /** Whether an import is one file: several processes then have to be exported together. */
  readonly takesOneFile: boolean;
  /** What a file has to be: the end of a sentence, as "a NuGet package (.nupkg)". */
  readonly fileKind: string;
  /** The largest file, in bytes, where what is imported is held whole; null where the gateway's own limit is all. */
  readonly mostBytes: number | null;
  /** Whether two texts name the same version. Absent where only equal ones do. */
  readonly isSameVersion?: (one: string, other: string) => boolean;
  /** Whether what a file is called may decide what it brings. Absent where it does not. */
  readonly heedsNames?: boolean;
  /**
   * What an exported file is told from others by, for a plan that is about it: equal where both bring the same, however that
   * is written down. Absent where the platform exports the same bytes each time.
   */
  readonly digestOf?: (file: ImportFile) => string;
  /**
   * Looks into a file, never holding it whole but within `mostBytes`; asks the platform nothing.
   * @throws InvalidFileError naming the place
   */
  inspect(file: ReadablePackage, signal: AbortSignal): Promise<Inspection>;
  /** What an accepted import is kept as until it is its turn: then `observe` makes of it what is sent. */
  prepare(request: ImportRequest): Native;
  /**
   * Looks at what the platform has now: what it will do, item by item, is `created`, `new_version`, `kept`, `unchanged`, or
   * `conflict`, with which nothing of it is sent. Called with what `prepare` gave, or with what it gave itself before.
   */
  observe(evidence: Native, signal: AbortSignal): Promise<Observation>;
}
