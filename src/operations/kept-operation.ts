import type { ChangedItem, ChangeReceipt } from '../domain/change.ts';
import type { GatewayError, Outcome } from '../domain/errors.ts';
import { fromEpochMs, type Instant } from '../domain/instant.ts';
import type { Native } from '../domain/native.ts';
import type {
  OperationEvidence,
  OperationKind,
  OperationPhase,
  OperationProblem,
  OperationStatus,
} from '../domain/operation.ts';
import type { Settlement } from '../domain/run.ts';
import type { Progress } from '../domain/write.ts';
import { asCancelled, undone } from './undone-items.ts';

/** What of an import its plan is about. */
export interface PlannedImport {
  readonly connection: string;
  readonly onConflict: string;
  /** What its files are told from others by: their SHA-256, or what the platform knows exports again by. */
  readonly digests: readonly string[];
}

/** What is known of one in doubt. `candidates`, ids of processes, is absent of those that were kept before it was told. */
type KeptEvidence = Omit<OperationEvidence, 'candidates'> & Partial<OperationEvidence>;

/** An operation as its record keeps it. */
export interface KeptOperation {
  readonly kind: OperationKind;
  readonly connection: string;
  readonly platform: string;
  /** The canonical native key of the process that it is about. */
  readonly process: string | null;
  readonly status: OperationStatus;
  readonly final: boolean;
  readonly phase: OperationPhase | null;
  readonly outcome: Outcome | null;
  readonly evidence: KeptEvidence | null;
  readonly settlement: Settlement | null;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly updatedAt: Instant;
  readonly input: Native;
  /** What it is to do, item by item. */
  readonly planned: readonly ChangedItem[];
  /** What became of each of them; null until that is known. */
  readonly items: readonly ChangedItem[] | null;
  readonly problem: OperationProblem | null;
  /** Why its last try did not leave, or what is brought before one can. Absent while there was none such. */
  readonly waitingFor?: string | null;
  /** How many of its items are known to be done while it is sent. Absent where nobody has counted. */
  readonly done?: number;
  /** The plan that an import was asked for by. Absent where it was asked for without one. */
  readonly plan?: { readonly of: PlannedImport; readonly token: string };
  /** Of the request that asked for it. */
  readonly requestId: string;
  readonly caller: string;
}

/** What an operation is made of. */
export type NewOperation = Pick<
  KeptOperation,
  | 'kind'
  | 'connection'
  | 'platform'
  | 'process'
  | 'input'
  | 'planned'
  | 'plan'
  | 'requestId'
  | 'caller'
>;

/** The instant at `ms` after 1970; the store's clock always has one. */
export function instantOf(ms: number): Instant {
  return fromEpochMs(ms) ?? new Date(ms).toISOString();
}

/** As it is accepted. */
export function queuedOperation(made: NewOperation, now: number): KeptOperation {
  const at = instantOf(now);
  return {
    ...made,
    status: 'queued',
    final: false,
    phase: 'queued',
    outcome: null,
    evidence: null,
    settlement: null,
    createdAt: at,
    startedAt: null,
    finishedAt: null,
    updatedAt: at,
    items: null,
    problem: null,
  };
}

/** At another phase. */
export function movedTo(kept: KeptOperation, phase: OperationPhase, now: number): KeptOperation {
  if (kept.final || kept.phase === phase) return kept;
  const at = instantOf(now);
  return {
    ...kept,
    status: phase === 'queued' ? 'queued' : 'running',
    phase,
    startedAt: kept.startedAt ?? (phase === 'queued' ? null : at),
    updatedAt: at,
  };
}

/** Further on its way while it is sent. What was done once stays so, though a later try begins by looking for it. */
export function progressed(
  kept: KeptOperation,
  { done, isVerifying }: Progress,
  now: number,
): KeptOperation {
  if (kept.final) return kept;
  const moved = isVerifying ? movedTo(kept, 'verifying', now) : kept;
  if (done <= (kept.done ?? 0)) return moved;
  return { ...moved, done, updatedAt: instantOf(now) };
}

/** Not sent yet, for a reason; null where there is none any more. */
export function waitingFor(kept: KeptOperation, reason: string | null, now: number): KeptOperation {
  if (kept.final || (kept.waitingFor ?? null) === reason) return kept;
  return { ...kept, waitingFor: reason, updatedAt: instantOf(now) };
}

/** As it ends. */
function ended(
  kept: KeptOperation,
  end: Pick<KeptOperation, 'status' | 'outcome' | 'problem' | 'items'>,
  now: number,
): KeptOperation {
  const at = instantOf(now);
  return {
    ...kept,
    ...end,
    final: true,
    phase: null,
    evidence: null,
    startedAt: kept.startedAt ?? null,
    finishedAt: at,
    updatedAt: at,
  };
}

/** Its platform has done it, or what of it the receipt says. */
export function done(kept: KeptOperation, { items }: ChangeReceipt, now: number): KeptOperation {
  const failed = items.find(({ effect }) => effect === 'failed');
  const problem =
    failed?.problem === undefined || failed.problem === null
      ? null
      : { ...failed.problem, upstream: null };
  const status = failed === undefined ? 'succeeded' : 'failed';
  return ended(kept, { status, outcome: 'applied', problem, items }, now);
}

/** It has changed nothing. */
export function failed(
  kept: KeptOperation,
  outcome: 'rejected' | 'not_sent',
  error: GatewayError,
  now: number,
): KeptOperation {
  const { message, details } = error;
  const code = isOvertaken(kept, outcome, error) ? 'precondition_failed' : error.code;
  const problem = { code, detail: message, upstream: details.upstream ?? null };
  const items = undone(kept.planned, { code, detail: message });
  return ended(kept, { status: 'failed', outcome, problem, items }, now);
}

/**
 * Whether something stands in the way of an import that its plan had not, whoever says so, the platform or its adapter: one
 * that its plan had is never sent.
 */
function isOvertaken(
  { plan }: KeptOperation,
  outcome: 'rejected' | 'not_sent',
  { code }: GatewayError,
): boolean {
  return code === 'conflict' && plan !== undefined && outcome === 'rejected';
}

/** It was cancelled before anything of it was sent. */
export function cancelled(kept: KeptOperation, now: number): KeptOperation {
  const items = undone(kept.planned, asCancelled);
  return ended(kept, { status: 'cancelled', outcome: 'not_sent', problem: null, items }, now);
}

/** Nobody can say what became of it. */
export function doubted(
  kept: KeptOperation,
  evidence: OperationEvidence,
  now: number,
): KeptOperation {
  const known = kept.evidence?.candidates ?? [];
  // Looking again in vain changes nothing that callers need to be told.
  if (kept.outcome === 'unknown' && known.join() === evidence.candidates.join()) return kept;
  if (kept.outcome === 'unknown') return { ...kept, evidence, updatedAt: instantOf(now) };
  const end = { status: 'unknown', outcome: 'unknown', problem: null, items: null } as const;
  return { ...ended(kept, end, now), evidence };
}

/** A person has said what became of it. */
export function settledSo(
  kept: KeptOperation,
  { outcome, note }: Pick<Settlement, 'outcome' | 'note'>,
  now: number,
): KeptOperation {
  const at = instantOf(now);
  const isDone = outcome === 'applied';
  const problem = {
    code: 'upstream_unavailable',
    detail: `It was settled as not sent: ${note}`,
  } as const;
  return {
    ...kept,
    status: isDone ? 'succeeded' : 'failed',
    outcome,
    settlement: { outcome, note, at },
    items: isDone ? kept.planned : undone(kept.planned, problem),
    problem: isDone ? null : { ...problem, upstream: null },
    updatedAt: at,
  };
}
