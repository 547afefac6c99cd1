import { decodeKey, encodeKey } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import type { RunRecord, RunStatus } from '../../domain/run.ts';
import { isGuid } from './frends.lineage.ts';
import type { InstanceDetailsWire, InstanceWire } from './frends.run-wire.ts';

/** Where a run is found. */
export interface RunPlace {
  readonly agentGroupId: string;
  readonly executionId: string;
}

/** A trace of a .NET stack may follow what an exception says; in characters. */
const longestError = 2_000;

const nativeFields = [
  'id',
  'executionId',
  'parentId',
  'processId',
  'rootProcessId',
  'processGuid',
  'processVersion',
  'state',
  'startTimeUtc',
  'endTimeUtc',
  'agentId',
  'agentName',
  'agentGroupId',
  'environmentId',
  'environmentName',
  'triggerName',
  'userName',
  'parentName',
  'acknowledgedUtc',
  'hasLoggedSteps',
  'stepsLoggedToBlobs',
] as const;
/** What only a run alone says besides. */
const wholeFields = [...nativeFields, 'processName', 'agentGroupName'] as const;

/** The native id of a run, which is only unique within its agent group. */
export function runIdOf({ agentGroupId, executionId }: RunPlace): string {
  return encodeKey([agentGroupId, executionId]);
}

/** Null for what is no native id of a run. */
export function runPlaceOf(nativeId: string): RunPlace | null {
  const [agentGroupId = '', executionId = '', ...more] = decodeKey(nativeId);
  const guid = executionId.toLowerCase();
  const isPlace = /^(0|[1-9]\d{0,14})$/.test(agentGroupId) && isGuid(guid) && more.length === 0;
  return isPlace ? { agentGroupId, executionId: guid } : null;
}

export function toRun(agentGroupId: string, wire: InstanceWire | InstanceDetailsWire): RunRecord {
  const exception = exceptionOf(wire);
  const status = statusOf(wire);
  const begun = toInstant(wire.startTimeUtc);
  const ended = toInstant(wire.endTimeUtc);
  return {
    nativeId: runIdOf({ agentGroupId, executionId: wire.executionId }),
    process: wire.processGuid ?? null,
    status,
    upstreamStatus: wordOf(wire),
    initiator: wire.userName ?? null,
    createdAt: begun,
    startedAt: begun,
    finishedAt: ended,
    updatedAt: ended,
    input: null,
    output: null,
    isOutputLong: false,
    error: status === 'failed' && exception !== null ? { code: null, message: exception } : null,
    labels: [],
    mark: null,
    form: null,
    native: picked(wire, nativeFields),
  };
}

/**
 * Where a run stands. The platform lists its words nowhere, so what is sure goes first: without an end it runs, with an
 * exception it has failed.
 */
function statusOf(wire: InstanceWire | InstanceDetailsWire): RunStatus {
  if (toInstant(wire.endTimeUtc) === null) return 'running';
  const word = wordOf(wire);
  if (exceptionOf(wire) !== null || /fail|error/i.test(word)) return 'failed';
  return /^(ok|finished)$|succ/i.test(word) ? 'succeeded' : 'unknown';
}

function wordOf({ state }: InstanceWire | InstanceDetailsWire): string {
  return state === null || state === undefined ? '' : String(state);
}

function exceptionOf(wire: InstanceWire | InstanceDetailsWire): string | null {
  const said =
    'exceptionMessage' in wire ? (wire.exceptionMessage ?? wire.exception) : wire.exception;
  const text = said?.trim() ?? '';
  return text === '' ? null : text.slice(0, longestError).toWellFormed();
}

/** Without what the run was given and gave: triggers, their answers and promoted values may be secret. */
export function wholeNative(wire: Native): Native {
  return picked(wire, wholeFields);
}

function picked(wire: Native, fields: readonly string[]): Native {
  const present = fields.filter((field) => wire[field] !== undefined);
  return Object.fromEntries(present.map((field) => [field, wire[field]]));
}
