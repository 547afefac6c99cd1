import type { ChangeEffect, ChangeProblem } from './change.ts';
import type { Outcome, ProblemCode, UpstreamFailure } from './errors.ts';
import type { Instant } from './instant.ts';
import type { Link } from './link.ts';
import type { Native } from './native.ts';
import type { Settlement } from './run.ts';

/** What operations do. */
export const operationKinds = [
  'put_process',
  'update_process',
  'delete_process',
  'activate_version',
  'delete_version',
  'tag_version',
  'rollback',
  'refresh_repository',
  'deploy',
  'redeploy',
  'undeploy',
  'import',
  'promote',
] as const;
export type OperationKind = (typeof operationKinds)[number];

export const operationStatuses = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'unknown',
] as const;
export type OperationStatus = (typeof operationStatuses)[number];

/**
 * What an operation is at: it waits for a worker, it is told to the platform, or what became of that is looked up, with an
 * answer or without one.
 */
export const operationPhases = ['queued', 'sending', 'verifying'] as const;
export type OperationPhase = (typeof operationPhases)[number];

/** What is known of an operation that nobody can prove. */
export interface OperationEvidence {
  /** A sentence for people. */
  readonly detail: string;
  readonly sentFrom: Instant;
  readonly sentUntil: Instant;
  /** Ids of processes that may have come of it. */
  readonly candidates: readonly string[];
  /** When somebody last looked. */
  readonly lookedAt: Instant;
}

/** How far an operation has come. */
export interface OperationProgress {
  /** Known to be done; it does not fall before the end. */
  readonly done: number;
  /** Null where nobody knows. */
  readonly total: number | null;
  /** Of what they are numbers. */
  readonly unit: 'items';
}

/** Where a caller can go from what an operation has changed. */
export interface OperationItemLinks {
  /** Null once it is deleted. */
  readonly process: Link | null;
  readonly version: Link | null;
  readonly deployments: Link | null;
}

/** What an operation has done to one thing. */
export interface OperationItem {
  /** Id of the process, as it is after the operation. */
  readonly process: string;
  readonly name: string | null;
  readonly version: string | null;
  readonly versionId: string | null;
  readonly deployment: string | null;
  readonly effect: ChangeEffect;
  readonly problem: ChangeProblem | null;
  readonly links: OperationItemLinks;
}

/** What an operation has done. */
export interface OperationResult {
  readonly items: readonly OperationItem[];
}

/** Why an operation failed. */
export interface OperationProblem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly upstream: UpstreamFailure | null;
}

export interface OperationLinks {
  readonly self: Link;
  readonly events: Link;
  readonly process: Link | null;
  /** Null once it cannot be cancelled any more. */
  readonly cancel: Link | null;
}

/** Work that the gateway does for a caller. */
export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly connection: string;
  readonly platform: string;
  /** Id of the process that it is about, as the caller named it; of an import that of its only one, once that is known. */
  readonly process: string | null;
  readonly status: OperationStatus;
  /** Clients stop here. */
  readonly final: boolean;
  /** Null once it has ended. */
  readonly phase: OperationPhase | null;
  /** Why it could not be sent yet, or what is brought before that, a sentence; null where nothing stands in the way. */
  readonly waitingFor: string | null;
  /** `applied`: something was done, as `result` says; null while that is open. */
  readonly outcome: Outcome | null;
  readonly evidence: OperationEvidence | null;
  readonly settlement: Settlement | null;
  /** Rises with every change. */
  readonly revision: number;
  readonly progress: OperationProgress;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly updatedAt: Instant;
  /** What was asked for, shortened. */
  readonly input: Native;
  /** Null until it is known. */
  readonly result: OperationResult | null;
  readonly problem: OperationProblem | null;
  readonly links: OperationLinks;
}

/** What a change would do, as its platform stands now. */
export interface Plan extends Pick<Operation, 'kind' | 'connection' | 'platform' | 'process'> {
  readonly items: readonly OperationItem[];
}
