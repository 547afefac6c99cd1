import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import { isEnd, type RunError, type RunRecord, type RunStatus } from '../../domain/run.ts';
import { nativeIdOf } from './odsl.window.ts';
import type { ExecutionWire } from './odsl.wire.ts';

/** What the platform calls the states of an execution. */
const statuses: Readonly<Record<string, RunStatus>> = {
  triggered: 'queued',
  start: 'running',
  running: 'running',
  waiting: 'running',
  retrying: 'running',
  // It has failed and is tried again; whether in this log or in another one is not said.
  reschedule: 'running',
  success: 'succeeded',
  warning: 'succeeded',
  failed: 'failed',
  // Seen of processes that use an SDK.
  fatal: 'failed',
};

/** What was loaded may be thousands of series; no more than this of it is taken for an output, in characters. */
const longestOutput = 4_096;

const nativeFields = [
  '_id',
  'service',
  'name',
  'environment',
  'trigger',
  'triggerTime',
  'reason',
  'start',
  'end',
  'runAs',
  'status',
  'message',
  'loaderMessage',
  'parentId',
] as const;
const phaseFields = ['name', 'start', 'end', 'status', 'message'] as const;

/** Where an execution stands by its own word; one that nobody knows is no end. */
export function statusOf(wire: ExecutionWire): RunStatus {
  const word = (wire.status ?? '').toLowerCase();
  return Object.hasOwn(statuses, word) ? (statuses[word] ?? 'unknown') : 'unknown';
}

export function toRun(wire: ExecutionWire, process: string | null): RunRecord {
  const status = statusOf(wire);
  const begun = toInstant(wire.start);
  const ended = toInstant(wire.end);
  return {
    nativeId: nativeIdOf(wire),
    process,
    status,
    upstreamStatus: wire.status ?? '',
    initiator: textOf(wire.trigger),
    createdAt: toInstant(wire.triggerTime) ?? begun,
    startedAt: status === 'queued' ? null : begun,
    finishedAt: isEnd(status) ? ended : null,
    updatedAt: ended,
    input: null,
    ...outputOf(wire.data),
    error: status === 'failed' ? errorOf(wire) : null,
    labels: [],
    mark: textOf(wire.reason),
    form: null,
    native: picked(wire, nativeFields),
  };
}

/** The execution's own words, else those of the phase that failed. */
function errorOf(wire: ExecutionWire): RunError | null {
  const phase = (wire.phases ?? []).findLast((each) => /fail|fatal|error/i.test(each.status ?? ''));
  const ofPhase = phase === undefined ? null : textOf(phase.message);
  const named = ofPhase === null ? null : `${phase?.name ?? 'A phase'}: ${ofPhase}`;
  const message = textOf(wire.message) ?? textOf(wire.loaderMessage) ?? named;
  return message === null ? null : { code: null, message };
}

function outputOf(data: unknown): Pick<RunRecord, 'output' | 'isOutputLong'> {
  const isNone = typeof data !== 'object' || data === null || Array.isArray(data);
  if (isNone || Object.keys(data).length === 0) return { output: null, isOutputLong: false };
  const isOutputLong = JSON.stringify(data).length > longestOutput;
  return { output: isOutputLong ? null : (data as Native), isOutputLong };
}

/** The log of the execution without its lines and without what it loaded. */
export function wholeNative(wire: ExecutionWire): Native {
  const { phases } = wire;
  const native = picked(wire, nativeFields);
  if (phases === null || phases === undefined) return native;
  return { ...native, phases: phases.map((phase) => picked(phase, phaseFields)) };
}

function picked(wire: Native, fields: readonly string[]): Native {
  const present = fields.filter((field) => wire[field] !== undefined);
  return Object.fromEntries(present.map((field) => [field, wire[field]]));
}

function textOf(text: string | null | undefined): string | null {
  return text === null || text === undefined || text.trim() === '' ? null : text;
}
