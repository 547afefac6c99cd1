import type { SpentBudget } from './budget.ts';
import { capabilities, type Capability } from './capability.ts';
import type {
  ActivationRequest,
  ChangePart,
  ChangeTerms,
  DeployingPart,
  LifecyclePart,
  PutRequest,
  TagRequest,
  VersionRequest,
} from './change.ts';
import type { DeploymentRecord } from './deployment.ts';
import type { Native } from './native.ts';
import type { PackageFile } from './package.ts';
import type { ProcessDetailRecord, ProcessRecord } from './process.ts';
import type { ImportPart } from './import.ts';
import type { Instant } from './instant.ts';
import type {
  CancelOptions,
  FilesStartRequest,
  LogBytes,
  LogLine,
  RunRecord,
  RunRef,
  Sightings,
  StartReceipt,
  StartRequest,
  WholeRun,
} from './run.ts';
import type { CertainWrite } from './write.ts';
import type { Target } from './target.ts';
import type { VersionRecord } from './version.ts';

/** What an upstream says of itself. */
export interface BuildInfo {
  /** Its release; null where it does not tell. */
  readonly version: string | null;
  /** Its own words about its build, passed through. */
  readonly build: Native | null;
  /** Parts that the adapter has and this upstream lacks: tenants differ in release. */
  readonly missing: readonly Capability[];
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
  /** What a key means to a start, on platforms that also start what they do not show. Absent: what it means to all. */
  resolveStart?(key: string, signal: AbortSignal): Promise<Resolution | null>;
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

/** A version to take along with others. */
export interface ExportItem {
  readonly key: string;
  /** A number or a tag; null for the latest. */
  readonly version: string | null;
}

/** The bytes of several versions in one file, as the platform gives it, else as an archive of their packages. */
export interface ExportPart {
  /**
   * Streamed, and nothing of it before every item was found; what fails after that breaks the stream off.
   * @throws NotFoundError naming the items that there are not, InvalidRequestError naming those that mean the version of
   * another one; both by their places, as `items[3].version`
   */
  export(items: readonly ExportItem[], signal: AbortSignal): Promise<PackageFile>;
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

/** Executions, as they can be read. Native ids are canonical. */
export interface RunsPart {
  /** One run, live and whole; null when there is none. */
  get(nativeId: string, signal: AbortSignal): Promise<WholeRun | null>;
  /**
   * What becomes of each of them, told as it is read, in as few calls as the platform allows and otherwise in their order.
   * One that cannot be read holds up no other. It throws when the platform gives nothing at all; those of which nothing was
   * told by then, or by the time that the signal fires, may be asked for again.
   */
  getMany(runs: readonly RunRef[], signal: AbortSignal): AsyncIterable<Sightings>;
  /** Every run that was created since then, and by `createdBefore` where that is given, whoever started it. */
  since(
    createdAfter: Instant,
    signal: AbortSignal,
    createdBefore?: Instant | null,
  ): Promise<readonly RunRecord[]>;
}

/** Starts of processes: one request makes one run. */
export interface StartsPart extends CertainWrite<StartReceipt> {
  /**
   * Checks a start against the upstream as it is now and writes down everything that sending it takes: one entry for
   * each run that it makes. Credentials are no part of it.
   * @throws ConflictError when no or several deployments fit, UpstreamRejectedError when the platform would refuse it
   */
  prepare(request: StartRequest, signal: AbortSignal): Promise<readonly Native[]>;
  /**
   * What the input of a prepared start has to look like (JSON Schema), by the version that it runs; null where nobody can
   * say. Absent: as the process says, unless another version was asked for.
   */
  inputSchema?(evidence: Native, signal: AbortSignal): Promise<Native | null>;
}

/** Starts that bring their own files. */
export interface ArchiveRunsPart extends CertainWrite<StartReceipt> {
  prepare(request: FilesStartRequest, signal: AbortSignal): Promise<Native>;
}

/** Logs that the platform keeps as bytes with offsets. */
export interface ByteLogPart {
  readonly kind: 'bytes';
  /** From `start` on, up to `end` (exclusive; null: all there is); it may give more on both sides. Null without a log. */
  read(
    nativeId: string,
    start: number,
    end: number | null,
    signal: AbortSignal,
  ): Promise<LogBytes | null>;
}

/** Logs that the platform keeps as lines. */
export interface LineLogPart {
  readonly kind: 'lines';
  /** Whether `lines` gives all of them whatever `after` says: then a line's time does not tell whether it is new. */
  readonly isWhole: boolean;
  /** Its lines in their order, as they are read, those before `after` left out as far as the platform can; null without a log. */
  lines(
    run: RunRef,
    after: Instant | null,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly LogLine[]> | null>;
}

/** What runs leave behind. */
export interface AttachmentsPart {
  /** Null when there is no such run. */
  list(run: RunRef, signal: AbortSignal): Promise<readonly Attachment[] | null>;
  /** Streamed; null when there is none of this name. */
  open(run: RunRef, name: string, signal: AbortSignal): Promise<PackageFile | null>;
}

/** A file that a run has left behind. */
export interface Attachment {
  readonly name: string;
  readonly mediaType: string | null;
  /** In bytes. */
  readonly length: number | null;
}

/** Stopping runs: asking twice does no harm. */
export interface CancelPart {
  /** False when there is no such run. */
  cancel(run: RunRef, options: CancelOptions, signal: AbortSignal): Promise<boolean>;
}

/** Runs that have ended begin anew under the same id. */
export interface RestartPart {
  /** @throws ConflictError when it has not ended */
  restart(run: RunRef, signal: AbortSignal): Promise<boolean>;
}

/** Runs that wait for an event go on. */
export interface ResumePart {
  /** @throws ConflictError when it waits for nothing, or for another event */
  resume(run: RunRef, event: string, payload: Native, signal: AbortSignal): Promise<boolean>;
}

/** The optional parts: one per capability, absent where the platform lacks it. */
export interface AdapterParts extends Record<Capability, object> {
  readonly processes: ProcessesPart;
  readonly versions: VersionsPart;
  readonly configuration: ChangePart<PutRequest>;
  readonly lifecycle: LifecyclePart;
  readonly deletion: ChangePart<ChangeTerms>;
  readonly activation: ChangePart<ActivationRequest>;
  readonly versionDeletion: ChangePart<VersionRequest>;
  readonly tags: ChangePart<TagRequest>;
  readonly rollback: ChangePart<ChangeTerms>;
  readonly repositoryRefresh: ChangePart<ChangeTerms>;
  readonly packages: PackagesPart;
  readonly export: ExportPart;
  readonly import: ImportPart;
  readonly deployments: DeploymentsPart;
  readonly deploying: DeployingPart;
  readonly targets: TargetsPart;
  readonly schedules: SchedulesPart;
  readonly runs: RunsPart;
  readonly starts: StartsPart;
  readonly archiveRuns: ArchiveRunsPart;
  readonly log: ByteLogPart | LineLogPart;
  readonly attachments: AttachmentsPart;
  readonly cancel: CancelPart;
  readonly restart: RestartPart;
  readonly resume: ResumePart;
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
  /** What the platform lets callers ask in a while; null where nobody can say now. Absent where it publishes no limit. */
  readonly budget?: () => Promise<SpentBudget | null>;
}

/** What an adapter can do: the parts it has, in the order of the capability table. */
export function capabilitiesOf(adapter: PlatformAdapter): readonly Capability[] {
  return capabilities.filter((capability) => adapter.parts[capability] !== undefined);
}
