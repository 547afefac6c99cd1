import type { Step } from './flow.ts';

/** What stands in the `concord.yml` of a repository or an archive. */
export interface ProjectFile {
  readonly flows: Readonly<Record<string, readonly Step[]>>;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The flow that starts where none is named; `default` when left out. */
  readonly entryPoint: string | null;
  readonly exclusive?: Exclusive;
  readonly profiles: readonly string[];
  readonly triggers: readonly CronTrigger[];
  /** Names and contents of the folder `_attachments`. */
  readonly attachments: Readonly<Record<string, string>>;
}

export interface CronTrigger {
  readonly id: string;
  readonly entryPoint: string;
  readonly spec: string;
  readonly timezone: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly visibility: 'PUBLIC' | 'PRIVATE';
  /** Those of the server itself belong to nobody. */
  readonly owned: boolean;
}

export interface Project {
  readonly id: string;
  readonly organization: string;
  readonly name: string;
  readonly description: string | null;
  readonly rawPayloadMode: string;
  readonly outVariablesMode: string;
  readonly createdMs: number | null;
}

export interface Repository {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly url: string;
  readonly branch: string | null;
  readonly commitId: string | null;
  readonly path: string | null;
  readonly secretName: string | null;
  readonly disabled: boolean;
  readonly triggersDisabled: boolean;
  /** Whether Concord has read the project file once; until then nobody knows its flows. */
  readonly refreshed: boolean;
  readonly file: ProjectFile;
}

/** Runs of one project and group that do not overlap: one that would waits. */
export interface Exclusive {
  readonly group: string;
}

/** What keeps a run from its agent: other runs of its group, until the last of them has ended. */
export interface Hold {
  readonly runs: readonly string[];
  /** Null while one of them goes on. */
  releasedMs: number | null;
}

/** One try of a run: its beginning, the forms that were filled in, and when it was stopped. */
export interface Attempt {
  readonly startMs: number;
  readonly submissions: { readonly atMs: number; readonly values: Record<string, unknown> }[];
  cancelMs: number | null;
  readonly hold?: Hold;
}

/** A run that was asked for; how far it is follows from the clock. Concord itself calls it a process. */
export interface Run {
  readonly id: string;
  readonly requestId: string;
  readonly initiator: string;
  readonly parentInstanceId: string | null;
  readonly organization: string | null;
  readonly project: Pick<Project, 'id' | 'name'> | null;
  readonly repository: Pick<Repository, 'id' | 'name' | 'url' | 'branch' | 'commitId'> | null;
  /** The flow that was asked for; null where the project file chooses. */
  readonly asked: string | null;
  /** The flow that runs, and its steps; null where there is none of that name. */
  readonly flow: string;
  readonly steps: readonly Step[] | null;
  /** Whether there is a project file at all. */
  readonly hasFile: boolean;
  /** Why it does not even reach the queue. */
  readonly refusal: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly out: readonly string[];
  readonly tags: readonly string[];
  readonly exclusive?: Exclusive;
  meta: Record<string, unknown>;
  readonly startAtMs: number | null;
  /** For the time from its first step to its last, in ms. */
  readonly timeoutMs: number | null;
  readonly attachments: Readonly<Record<string, string>>;
  readonly attempts: Attempt[];
  disabled: boolean;
}

/** What one server holds. */
export interface ConcordState {
  /** The release that it says it is; from 2.24.0 the starts of 2017 are refused. */
  readonly version: string;
  /** The offset that it prints dates with, in hours. */
  readonly zoneHours: number;
  organizations: Organization[];
  projects: Project[];
  repositories: Repository[];
  runs: Record<string, Run>;
  /** The runs that others may hold up. */
  held?: string[];
}
