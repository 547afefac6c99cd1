import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import { isEnd, type RunError, type RunRecord, type RunStatus } from '../../domain/run.ts';
import { isConcordName, toKey } from './concord.key.ts';
import { isObject, slimRunNative, without } from './concord.native.ts';
import type { RunWire } from './concord.wire.ts';

/** Where a run carries the mark of its start: a member of its `meta` that lists can be asked for. */
export const markKey = 'gatewayRunId';

/** How every mark of a gateway begins. */
export const markBeginning = 'r-';

/** Every status that the server has, by the name that it has here. `ENQUEUED` is also what begins at a later time. */
const statuses: Readonly<Record<string, RunStatus>> = {
  NEW: 'queued',
  PREPARING: 'queued',
  ENQUEUED: 'queued',
  WAITING: 'queued',
  STARTING: 'running',
  RUNNING: 'running',
  RESUMING: 'running',
  SUSPENDED: 'suspended',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TIMED_OUT: 'timed_out',
};

export function statusOf({ status }: Pick<RunWire, 'status'>): RunStatus {
  return Object.hasOwn(statuses, status) ? (statuses[status] ?? 'unknown') : 'unknown';
}

/** Whether it is a run of its own; the others clean up after one that failed, was stopped or took too long. */
export function isOwnRun({ kind }: Pick<RunWire, 'kind'>): boolean {
  return (kind ?? 'DEFAULT') === 'DEFAULT';
}

/** The mark that a run carries: that of its own start, or of the run that it has come of. */
export function markOf({ meta }: Pick<RunWire, 'meta'>): string | null {
  return textOf(meta?.[markKey]);
}

/** Whether it was started; a fork has come of another run, and has taken its mark along. */
export function isNobodysChild({ parentInstanceId }: Pick<RunWire, 'parentInstanceId'>): boolean {
  return (parentInstanceId ?? null) === null;
}

/** A run; `form` is the page of the form that it waits for. */
export function toRunRecord(run: RunWire, form: string | null): RunRecord {
  const status = statusOf(run);
  const updatedAt = toInstant(run.lastUpdatedAt);
  return {
    nativeId: run.instanceId,
    process: processOf(run),
    status,
    upstreamStatus: run.status,
    initiator: run.initiator ?? null,
    createdAt: toInstant(run.createdAt),
    startedAt: toInstant(run.lastRunAt),
    // There is no date of the end: what has ended is not updated any more.
    finishedAt: isEnd(status) ? updatedAt : null,
    updatedAt,
    input: null,
    output: isEnd(status) ? outputOf(run) : null,
    isOutputLong: false,
    error: isEnd(status) && status !== 'succeeded' ? errorOf(run) : null,
    labels: run.tags ?? [],
    mark: isNobodysChild(run) ? markOf(run) : null,
    form,
    native: slimRunNative(run),
  };
}

/** The key of its flow; null without a repository. The flow is empty until the server has chosen one. */
function processOf({ orgName, projectName, repoName, meta }: RunWire): string | null {
  const [organization = '', project = '', repository = ''] = [orgName, projectName, repoName].map(
    (name) => name ?? '',
  );
  if (![organization, project, repository].every(isConcordName)) return null;
  return toKey({ organization, project, repository, flow: textOf(meta?.['entryPoint']) ?? '' });
}

/** The variables that were asked for; what is called `lastError` is none of them. */
function outputOf({ meta }: RunWire): Native | null {
  const out = meta?.['out'];
  if (!isObject(out)) return null;
  const variables = without(out, ['lastError']);
  return Object.keys(variables).length === 0 ? null : variables;
}

/** Why it failed, where its flow could say it; a start that failed before that says it in the log alone. */
function errorOf({ meta }: RunWire): RunError | null {
  const out = meta?.['out'];
  const error = isObject(out) ? out['lastError'] : null;
  const message = textOf(isObject(error) ? error['message'] : error);
  return message === null ? null : { code: null, message };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
