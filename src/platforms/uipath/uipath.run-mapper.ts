import { encodeKey } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import {
  isEnd,
  type LogLine,
  type RunError,
  type RunRecord,
  type RunStatus,
} from '../../domain/run.ts';
import { samePackage } from './uipath.key.ts';
import type { JobWire, LogWire } from './uipath.wire.ts';

const statuses: Readonly<Record<string, RunStatus>> = {
  Pending: 'queued',
  Resumed: 'queued',
  Running: 'running',
  Stopping: 'cancelling',
  Terminating: 'cancelling',
  Suspended: 'suspended',
  Successful: 'succeeded',
  Faulted: 'failed',
  Stopped: 'cancelled',
  Cancelled: 'cancelled',
};

/** What a list reads of a job. */
export const listedMembers = [
  'Id',
  'Key',
  'State',
  'SubState',
  'Info',
  'CreationTime',
  'StartTime',
  'EndTime',
  'LastModificationTime',
  'ResumeTime',
  'InputArguments',
  'InputFile',
  'OutputArguments',
  'OutputFile',
  'JobError',
  'ErrorCode',
  'Reference',
  'ReleaseName',
  'Source',
  'SourceType',
  'StartingScheduleId',
  'BatchExecutionKey',
  'Type',
  'RuntimeType',
  'JobPriority',
  'HostMachineName',
  'StopStrategy',
  'ParentJobKey',
  'OrganizationUnitId',
  'OrganizationUnitFullyQualifiedName',
] as const;

/** A list has its release besides, in which stands what it runs. */
const listed: ReadonlySet<string> = new Set([...listedMembers, 'Release']);

/** Variables may be secrets; arguments stand in `input` and `output`. */
const leftOut = new Set([
  'EnvironmentVariables',
  'InputArguments',
  'OutputArguments',
  '@odata.context',
]);

/** What a state of a job means; a word that nobody knows is no end. */
function statusOf({ State: state }: JobWire): RunStatus {
  const word = String(state ?? '');
  return (Object.hasOwn(statuses, word) ? statuses[word] : undefined) ?? 'unknown';
}

/** Whether a job will change no more. */
export function hasEnded(wire: JobWire): boolean {
  return isEnd(statusOf(wire));
}

/** The canonical native id of a job. */
export function nativeIdOf({ Key: key }: JobWire): string {
  return encodeKey([key.toLowerCase()]);
}

/** A job. `knownProcess` is the key under which its process is known here already. */
export function toRun(wire: JobWire, knownProcess: string | null): RunRecord {
  const status = statusOf(wire);
  const finishedAt = toInstant(wire.EndTime);
  const startedAt = toInstant(wire.StartTime);
  const createdAt = toInstant(wire.CreationTime);
  return {
    nativeId: nativeIdOf(wire),
    process: processOf(wire, knownProcess),
    status,
    upstreamStatus: String(wire.State ?? ''),
    initiator: null,
    createdAt,
    startedAt,
    finishedAt,
    updatedAt: toInstant(wire.LastModificationTime) ?? finishedAt ?? startedAt ?? createdAt,
    input: parsedArguments(wire.InputArguments),
    output: parsedArguments(wire.OutputArguments),
    isOutputLong: wanting(wire.OutputArguments) && !wanting(wire.OutputFile),
    error: status === 'failed' ? errorOf(wire) : null,
    labels: [],
    mark: wanting(wire.Reference) ? null : (wire.Reference ?? null),
    form: null,
    native: only(wire, (member) => listed.has(member)),
  };
}

/** All of a job that may be shown. */
export function wholeNative(wire: JobWire): Native {
  return only(wire, () => true);
}

function only(wire: JobWire, isWanted: (member: string) => boolean): Native {
  const shown = Object.entries(wire).filter(([member]) => isWanted(member) && !leftOut.has(member));
  return Object.fromEntries(shown);
}

/** A release may write its package in another case than the feed does. */
function processOf({ Release: release }: JobWire, known: string | null): string | null {
  const id = release?.ProcessKey ?? '';
  if (id === '') return known;
  const key = encodeKey([id]);
  return known !== null && samePackage(known, key) ? known : key;
}

function errorOf(wire: JobWire): RunError {
  const { JobError: error, ErrorCode: code, Info: info } = wire;
  const said = [error?.detail, error?.title, info].find((text) => !wanting(text));
  const codes = [code, error?.code].find((text) => !wanting(text));
  return { code: codes ?? null, message: said ?? 'The job faulted without saying why.' };
}

function wanting(text: string | null | undefined): boolean {
  return text === null || text === undefined || text.trim() === '';
}

/** Arguments are a JSON object in a string; null for anything else. */
export function parsedArguments(text: string | null | undefined): Native | null {
  if (text === null || text === undefined || wanting(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Native) : null;
  } catch {
    // Robots of old releases wrote arguments in forms of their own: they say nothing that could be shown.
    return null;
  }
}

export function toLogLine({ TimeStamp: at, Level: level, Message: message }: LogWire): LogLine {
  return {
    at: toInstant(at),
    level: level === null || level === undefined ? null : String(level),
    message: message ?? '',
  };
}
