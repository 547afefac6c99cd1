import type { Outcome } from '../domain/errors.ts';
import { fromEpochMs, type Instant } from '../domain/instant.ts';
import type { Native } from '../domain/native.ts';
import {
  type CancelOptions,
  type DoubtEvidence,
  isEnd,
  type RunError,
  type RunRecord,
  type RunRef,
  type RunStatus,
  type Settlement,
} from '../domain/run.ts';

/** A run as its record keeps it: what callers see, without what is composed for each of them. */
export interface KeptRun {
  readonly connection: string;
  readonly platform: string;
  readonly nativeId: string | null;
  /** Native key of its process. */
  readonly process: string | null;
  readonly status: RunStatus;
  readonly upstreamStatus: string | null;
  readonly final: boolean;
  /** Only a list has shown its end, which need not say what it gave and why it failed; left out where more is known. */
  readonly isUnread?: boolean | undefined;
  readonly outcome: Outcome | null;
  readonly evidence: DoubtEvidence | null;
  readonly settlement: Settlement | null;
  readonly attempt: number;
  /** When its newest attempt was begun; left out while that is the first one. */
  readonly begunAnewAt?: Instant;
  /** Left out once it is known whether it has begun anew. */
  readonly askedAnew?: AskedAnew | undefined;
  /** When it was told to go on, and no answer came; left out where that has not happened. */
  readonly askedOnAt?: Instant;
  readonly initiator: string | null;
  readonly createdAt: Instant;
  /** Its start was not to be sent sooner; left out where it was sent at once. */
  readonly scheduledAt?: Instant;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly updatedAt: Instant;
  readonly input: Native | null;
  readonly output: Native | null;
  readonly truncated: readonly ('input' | 'output')[];
  readonly error: RunError | null;
  readonly labels: readonly string[];
  readonly correlationId: string | null;
  readonly siblings: readonly string[];
  /** A page of the platform where a person goes on with it. */
  readonly form: string | null;
  /** What the upstream was told to know it by; null for what others have started. */
  readonly mark: string | null;
  /** Its cancellation was asked for, and the platform has not come to that end yet. */
  readonly isCancelling: boolean;
  /** How it is to be stopped, until the platform has been told. */
  readonly pendingCancel: PendingCancel | null;
  /** How its platform was told last, which may not have heard it; left out where it never was. */
  readonly toldToStop?: ToldToStop;
  readonly native: Native | null;
  /** Who has started it, and with which request; left out of those that others have started, and of older records. */
  readonly caller?: string;
  readonly requestId?: string;
}

/** A run that had ended was told to begin anew, and nobody knows yet whether it has. */
export interface AskedAnew {
  readonly at: Instant;
  /** How it had ended. */
  readonly from: RunStatus;
  /** What still shows its old end by then was not begun anew. */
  readonly until: Instant;
  /** For how long it is open for each who has asked, of which `until` is the last. Absent where only one can have. */
  readonly asks?: readonly Instant[];
}

/** A cancellation that the platform has not been told of. */
export interface PendingCancel extends CancelOptions {
  /** Where the run stood before: where it stands again when the platform refuses it. */
  readonly from: RunStatus;
}

/** A cancellation that the platform has been told of. */
export interface ToldToStop extends CancelOptions {
  /** Last. */
  readonly at: Instant;
  readonly times: number;
}

/** Input and output are shown up to so many bytes. */
const longestShown = 64 * 1_024;

/** Values as a record keeps them, and which of them were too long. */
export function shortened(values: {
  readonly input: Native | null;
  readonly output: Native | null;
}): Pick<KeptRun, 'input' | 'output' | 'truncated'> {
  const isLong = (value: Native | null): boolean =>
    value !== null && Buffer.byteLength(JSON.stringify(value)) > longestShown;
  const truncated = (['input', 'output'] as const).filter((name) => isLong(values[name]));
  return {
    input: truncated.includes('input') ? null : values.input,
    output: truncated.includes('output') ? null : values.output,
    truncated,
  };
}

/** What a run is read by; null as long as its native id is not known. */
export function refOf({
  nativeId,
  process,
  createdAt,
}: Pick<KeptRun, 'nativeId' | 'process' | 'createdAt'>): RunRef | null {
  return nativeId === null ? null : { nativeId, process, createdAt };
}

/** A run that the gateway has not started, as the upstream shows it. */
export function foreign(
  connection: { readonly id: string; readonly platform: { readonly name: string } },
  record: RunRecord,
  now: number,
): KeptRun {
  const at = instantOf(now);
  const empty: KeptRun = {
    connection: connection.id,
    platform: connection.platform.name,
    nativeId: record.nativeId,
    process: record.process,
    status: 'unknown',
    upstreamStatus: null,
    final: false,
    outcome: null,
    evidence: null,
    settlement: null,
    attempt: 1,
    initiator: null,
    createdAt: record.createdAt ?? record.startedAt ?? at,
    startedAt: null,
    finishedAt: null,
    updatedAt: at,
    input: null,
    output: null,
    truncated: [],
    error: null,
    labels: [],
    correlationId: null,
    siblings: [],
    form: null,
    mark: null,
    isCancelling: false,
    pendingCancel: null,
    native: null,
  };
  return seen(empty, record, now);
}

/** What a record becomes by what the upstream shows of its run. A final state stays, unless the run has begun anew. */
export function seen(kept: KeptRun, record: RunRecord, now: number): KeptRun {
  // It may have been settled meanwhile as another one than this.
  if (kept.nativeId !== null && kept.nativeId !== record.nativeId) return kept;
  const { askedAnew } = kept;
  if (askedAnew === undefined) return shownSo(kept, record, now);
  if (record.status === 'unknown') return kept;
  const ended = asItEnded(kept);
  const at = instantOf(now);
  // What was asked of it may not have arrived yet.
  if (hasEndedSo(ended, record)) return at < askedAnew.until ? kept : { ...ended, updatedAt: at };
  // Others may have gone on by now: it may even have ended anew.
  const { isCancelling, pendingCancel } = kept;
  const begun = { ...ended, ...nextAttempt(ended, at), final: false, isCancelling, pendingCancel };
  return shownSo(begun, record, now);
}

function shownSo(kept: KeptRun, record: RunRecord, now: number): KeptRun {
  const final = isEnd(record.status);
  // What was asked before its end was written down does not show that it has begun anew since.
  if (kept.final && !final && instantOf(now) < kept.updatedAt) return kept;
  const isRevived =
    kept.final && !final && kept.outcome !== 'unknown' && record.status !== 'unknown';
  if (kept.final && !final && !isRevived && kept.outcome !== 'unknown') return kept;
  const isCancelling = kept.isCancelling && !final;
  const isAlike = hasEndedSo(kept, record);
  const isRead = isAlike && kept.isUnread !== true;
  const shown = shortened({
    input: record.input ?? kept.input,
    output: isRead ? (kept.output ?? record.output) : record.output,
  });
  const isCut = record.isOutputLong && shown.output === null;
  const next: KeptRun = {
    ...kept,
    nativeId: record.nativeId,
    // A platform may settle later on what runs; one of our own is of what was started.
    process:
      kept.mark === null ? (record.process ?? kept.process) : (kept.process ?? record.process),
    status: isCancelling ? 'cancelling' : record.status,
    upstreamStatus: record.upstreamStatus,
    final,
    isUnread: undefined,
    // One whose end nobody knows has only gone on.
    ...(isRevived && isEnd(kept.status) ? nextAttempt(kept, instantOf(now)) : {}),
    initiator: record.initiator ?? kept.initiator,
    startedAt: record.startedAt,
    finishedAt: isAlike ? kept.finishedAt : final ? endOf(record, now) : null,
    ...shown,
    truncated: [
      ...new Set([
        ...kept.truncated.filter((each) => each === 'input'),
        ...shown.truncated,
        ...(isCut ? (['output'] as const) : []),
      ]),
    ],
    error: isRead ? (kept.error ?? record.error) : record.error,
    labels: record.labels.length > 0 ? record.labels : kept.labels,
    form: record.form,
    isCancelling,
    pendingCancel: final ? null : kept.pendingCancel,
    native: record.native,
  };
  if (!isSame(kept, next)) return { ...next, updatedAt: instantOf(now) };
  return kept.isUnread === true ? { ...next, updatedAt: kept.updatedAt } : kept;
}

function endOf({ finishedAt, updatedAt }: RunRecord, now: number): Instant {
  return finishedAt ?? updatedAt ?? instantOf(now);
}

/** A run that was told to begin anew, as it had ended before. */
export function asItEnded(kept: KeptRun): KeptRun {
  const { askedAnew } = kept;
  if (askedAnew === undefined) return kept;
  return {
    ...kept,
    status: askedAnew.from,
    final: true,
    askedAnew: undefined,
    isCancelling: false,
    pendingCancel: null,
  };
}

/** What is other about a run's next attempt from the beginning on. */
export function nextAttempt(
  { attempt }: KeptRun,
  at: Instant,
): Pick<KeptRun, 'attempt' | 'begunAnewAt' | 'askedAnew'> {
  return { attempt: attempt + 1, begunAnewAt: at, askedAnew: undefined };
}

/** The instant at `ms` after 1970; the store's clock always has one. */
export function instantOf(ms: number): Instant {
  return fromEpochMs(ms) ?? new Date(ms).toISOString();
}

/** Whether a run is shown as it has ended: what a list leaves out of it, or puts in other words, is no change. */
export function hasEndedSo(kept: KeptRun, record: RunRecord): boolean {
  const { final, status, upstreamStatus, finishedAt } = kept;
  return (
    final &&
    status === record.status &&
    upstreamStatus === record.upstreamStatus &&
    (record.finishedAt ?? finishedAt) === finishedAt
  );
}

/** Nothing that watchers see; the platform's own JSON is other in a list than alone, and they do not get it. */
function isSame(a: KeptRun, b: KeptRun): boolean {
  const text = (run: KeptRun): string =>
    JSON.stringify({ ...run, updatedAt: '', native: null, isUnread: undefined });
  return text(a) === text(b);
}
