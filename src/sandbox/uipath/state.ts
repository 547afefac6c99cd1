/** A folder of the tenant. */
export interface StoredFolder {
  readonly id: number;
  readonly key: string;
  readonly displayName: string;
  /** Path from the root, as `Finance/Accounts Payable`. */
  readonly path: string;
  readonly parentId: number | null;
  readonly folderType: 'Standard' | 'Personal';
  readonly feedType: 'Processes' | 'FolderHierarchy' | 'PersonalWorkspace';
  /** Its own feed; null where it uses the tenant's. */
  readonly feedId: string | null;
}

/** An argument of a workflow, as the argument metadata write it. */
export interface StoredArgument {
  readonly name: string;
  /** Assembly-qualified name of a .NET type. */
  readonly type: string;
  readonly required: boolean;
  readonly hasDefault: boolean;
}

/** A version of a package. */
export interface StoredVersion {
  readonly version: string;
  readonly published: string;
  readonly authors: string;
  readonly description: string;
  readonly tags: string;
  readonly releaseNotes: string | null;
  readonly input: readonly StoredArgument[];
  readonly output: readonly StoredArgument[];
  /** Base64 of what was uploaded; null where the bytes are made from the rest. */
  readonly bytes: string | null;
}

/** A package of one feed: its versions in the order of their numbers, lowest first. */
export interface StoredPackage {
  readonly id: string;
  readonly title: string;
  readonly packageType: 'Process' | 'ProcessLibrary';
  /** Null in the tenant's feed. */
  readonly feedId: string | null;
  versions: StoredVersion[];
}

/** A version that a release runs or ran. */
export interface StoredReleaseVersion {
  readonly id: number;
  readonly version: string;
  readonly at: string;
}

/** A release: what the platform's users call a process. */
export interface StoredRelease {
  readonly id: number;
  readonly key: string;
  readonly folderId: number;
  readonly createdAt: string;
  name: string;
  description: string | null;
  processKey: string;
  /** Newest last; the last is the current one. */
  versions: StoredReleaseVersion[];
  /** The members that callers set and the platform only keeps. */
  kept: Readonly<Record<string, unknown>>;
  modifiedAt: string | null;
}

/** A job. Where it stands follows from the clock. */
export interface StoredJob {
  readonly id: number;
  readonly key: string;
  readonly folderId: number;
  readonly releaseId: number;
  readonly releaseName: string;
  readonly processKey: string;
  readonly version: string;
  readonly createdMs: number;
  readonly durationMs: number;
  readonly fails: boolean;
  readonly ignoresStop: boolean;
  /** How long after its start it waits for somebody to resume it; null when it does not. */
  readonly suspendsAfterMs: number | null;
  /** Length of its output in characters; 0 for the usual one. */
  readonly outputChars: number;
  readonly inputArguments: string | null;
  readonly robotId: number;
  /** The members of the start request that a job shows as they are. */
  readonly asked: Readonly<Record<string, unknown>>;
  resumedMs: number | null;
  stop: { readonly atMs: number; readonly strategy: StopStrategy } | null;
}

export type StopStrategy = 'SoftStop' | 'Kill';

/** A file that was put there by a caller. What jobs leave behind follows from the jobs. */
export interface StoredAttachment {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  jobKey: string | null;
  category: string | null;
  /** Base64; null until its bytes have been put. */
  bytes: string | null;
}

/** Everything the tenant holds. */
export interface UipathState {
  folders: StoredFolder[];
  /** By `packageKey`. */
  packages: Record<string, StoredPackage>;
  releases: StoredRelease[];
  jobs: StoredJob[];
  attachments: StoredAttachment[];
  /** Jobs whose recording was deleted. */
  deletedMedia: number[];
  /** The last number that was given to anything. */
  lastId: number;
}

/** Where a package stands: ids are the same in any case, and every feed has its own. */
export function packageKey(id: string, feedId: string | null): string {
  return `${feedId ?? 'tenant'}/${id.toLowerCase()}`;
}

/** The next number of the tenant. */
export function nextId(state: UipathState): number {
  state.lastId += 1;
  return state.lastId;
}

/** The version that a release runs. */
export function currentVersion(release: StoredRelease): StoredReleaseVersion {
  const current = release.versions.at(-1);
  if (current === undefined) throw new Error(`release ${release.id} has no version`);
  return current;
}
