import type { GatewayError, Outcome } from './errors.ts';
import type { Instant } from './instant.ts';
import type { Link } from './link.ts';
import type { Native } from './native.ts';

/** Where an execution stands. `unknown`: a word of the platform that nobody knows, or a start that nobody can prove. */
export const runStatuses = [
  'queued',
  'running',
  'suspended',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  'timed_out',
  'unknown',
] as const;
export type RunStatus = (typeof runStatuses)[number];

const ends: ReadonlySet<RunStatus> = new Set(['succeeded', 'failed', 'cancelled', 'timed_out']);

/** Whether a platform's run has come to its end; a word that nobody knows has not. */
export function isEnd(status: RunStatus): boolean {
  return ends.has(status);
}

/** Why a run failed. */
export interface RunError {
  /** The platform's own code, or one of this API where the start itself failed. */
  readonly code: string | null;
  readonly message: string;
}

/** What an adapter says of one run. */
export interface RunRecord {
  /** In its canonical spelling (`encodeKey`). */
  readonly nativeId: string;
  /** Native key of its process; null when it belongs to none. */
  readonly process: string | null;
  readonly status: RunStatus;
  /** The platform's own word. */
  readonly upstreamStatus: string;
  readonly initiator: string | null;
  readonly createdAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly updatedAt: Instant | null;
  readonly input: Native | null;
  readonly output: Native | null;
  /** Whether there is an output that is too long to be given here. */
  readonly isOutputLong: boolean;
  readonly error: RunError | null;
  readonly labels: readonly string[];
  /** The mark that its start carried (`StartRequest.mark`), as far as the platform gives it back. */
  readonly mark: string | null;
  /** A page of the platform where a person goes on with it; only while one is waited for. */
  readonly form: string | null;
  /** The slim item, the same however it is read. Never a secret. */
  readonly native: Native;
}

/** What an adapter says of one run that it has read by itself. */
export interface WholeRun extends RunRecord {
  /** The platform's own JSON of it, which nobody keeps. Never a secret. */
  readonly whole: Native;
}

/** What a run is read by. */
export interface RunRef {
  readonly nativeId: string;
  /** Native key of its process, as far as it is known: it narrows what has to be read. */
  readonly process: string | null;
  readonly createdAt: Instant | null;
}

/** What a look at a run brings: how it is, null where there is none any more, or not yet, or why it could not be read. */
export type Sighting = RunRecord | GatewayError | null;

/** What has been seen of several runs, by native id. */
export type Sightings = ReadonlyMap<string, Sighting>;

/** What a start asks for. */
export interface StartRequest {
  /** The canonical native key. */
  readonly process: string;
  readonly version: string | null;
  /** The platform's id of a deployment. */
  readonly deployment: string | null;
  readonly input: Native;
  readonly labels: readonly string[];
  /** An instance of the platform's `startOptions`. */
  readonly options: object;
  /** What the upstream is told to know the run by, 100 ASCII characters at most; of one start of several with an index. */
  readonly mark: string;
}

/** A mark of this gateway or of another one, whichever start it is of. */
export function isMark(text: string): boolean {
  return /^r-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.\d{1,6})?$/.test(text);
}

/** What an upstream answered to a start. */
export interface StartReceipt {
  /** Null where it does not tell: then the run is looked for, as after an answer that was lost. */
  readonly nativeId: string | null;
}

/** A file that came with a start. */
export interface StartFile {
  /** Name of its part. */
  readonly name: string;
  /** What `Departure.openFile` opens. */
  readonly id: string;
  readonly length: number;
}

/** A start that brings its own files. */
export interface FilesStartRequest {
  /** Null when only the connection was named. */
  readonly process: string | null;
  /** A flow of the archive; null when it is left to the archive. */
  readonly entryPoint: string | null;
  /** A ZIP with what is to be run. */
  readonly archive: StartFile | null;
  readonly files: readonly StartFile[];
  /** The configuration of the run, as the platform takes it. */
  readonly request: Native;
  /** Plain-text parameters; a dot in a name nests. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly mark: string;
}

/** How a run is stopped. */
export interface CancelOptions {
  /** At once, without giving it the chance to end in order. */
  readonly force: boolean;
  /** With the runs that it has started itself. */
  readonly cascade: boolean;
}

/** A line of a log. */
export interface LogLine {
  readonly at: Instant | null;
  /** As the platform calls it. */
  readonly level: string | null;
  readonly message: string;
}

/** A stretch of a log that consists of bytes. */
export interface LogBytes {
  readonly content: AsyncIterable<Uint8Array>;
  /** Offset of its first byte, which may be lower than what was asked for. */
  readonly start: number;
  /** Offset behind its last byte, which may be higher. */
  readonly end: number;
  /** Of the whole log now. */
  readonly size: number;
}

/** Where a caller can go from a run. */
export interface RunLinks {
  readonly self: Link;
  readonly process: Link | null;
  readonly events: Link;
  readonly log: Link | null;
  readonly attachments: Link | null;
  readonly cancel: Link | null;
  /** The platform's own page, while a person is waited for. */
  readonly form: Link | null;
}

/** What is known of a start that nobody can prove. */
export interface DoubtEvidence {
  /** A sentence for people. */
  readonly detail: string;
  /** What the upstream was told to know the run by. */
  readonly mark: string;
  readonly sentFrom: Instant;
  readonly sentUntil: Instant;
  /** Ids of runs that may be it. */
  readonly candidates: readonly string[];
  /** When somebody last looked. */
  readonly lookedAt: Instant;
}

/** What a person said about a run in doubt. */
export interface Settlement {
  readonly outcome: 'applied' | 'not_sent';
  readonly note: string;
  readonly at: Instant;
}

/** One execution, in the one shape that every platform's answer has. */
export interface Run {
  readonly id: string;
  readonly nativeId: string | null;
  readonly connection: string;
  readonly platform: string;
  /** Id of the process. */
  readonly process: string | null;
  readonly status: RunStatus;
  readonly upstreamStatus: string | null;
  /** Clients stop here. */
  readonly final: boolean;
  /** Of its start; null while that is open, and for runs that others have started. */
  readonly outcome: Outcome | null;
  readonly evidence: DoubtEvidence | null;
  readonly settlement: Settlement | null;
  /** Which time it runs: a revived run counts up. */
  readonly attempt: number;
  /** Rises with every change. */
  readonly revision: number;
  readonly initiator: string | null;
  readonly createdAt: Instant;
  /** Its start is not sent sooner; null where it was sent at once, and for runs that others have started. */
  readonly scheduledAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly updatedAt: Instant;
  /** Cut beyond 64 KB. */
  readonly input: Native | null;
  readonly output: Native | null;
  /** Which of `input` and `output` were cut. */
  readonly truncated: readonly ('input' | 'output')[];
  readonly error: RunError | null;
  readonly labels: readonly string[];
  readonly correlationId: string | null;
  /** Ids of the other runs of the same start. */
  readonly siblings: readonly string[];
  readonly links: RunLinks;
  readonly native: Native | null;
}
