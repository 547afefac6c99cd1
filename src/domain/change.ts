import type { ProblemCode } from './errors.ts';
import type { Native } from './native.ts';
import type { CertainWrite } from './write.ts';

/** What a change does to one process, version or deployment. */
export const changeEffects = [
  'created',
  'updated',
  'renamed',
  'tagged',
  'rolled_back',
  'deleted',
  'deployed',
  'undeployed',
  'refreshed',
  'unchanged',
  'new_version',
  'kept',
  'conflict',
  'failed',
] as const;
export type ChangeEffect = (typeof changeEffects)[number];

/** Why one of several things was not done. */
export interface ChangeProblem {
  readonly code: ProblemCode;
  /** A sentence for people. */
  readonly detail: string;
}

/** What a change does, or has done, to one thing. */
export interface ChangedItem {
  /** The canonical native key, as it is after the change. */
  readonly process: string;
  readonly name: string | null;
  readonly version: string | null;
  /** The platform's own id of the version. */
  readonly versionId: string | null;
  /** The platform's id of a deployment; null where the item is none. */
  readonly deployment: string | null;
  readonly effect: ChangeEffect;
  /** Set where the effect is `failed`. */
  readonly problem: ChangeProblem | null;
}

const undone: ReadonlySet<ChangeEffect> = new Set(['failed', 'conflict']);

/** Whether a thing stands as its change wants it. */
export function isDone({ effect }: Pick<ChangedItem, 'effect'>): boolean {
  return !undone.has(effect);
}

/** A change that was checked against the upstream as it is now. */
export interface PreparedChange {
  /** Everything that sending it takes, and what tells later whether it has happened. Credentials are no part of it. */
  readonly evidence: Native;
  /** What it will do, item by item: what `validateOnly` answers. */
  readonly items: readonly ChangedItem[];
}

/** What came of a change: at least one of its items took effect, or stood so already. */
export interface ChangeReceipt {
  readonly items: readonly ChangedItem[];
}

/** What every change says. */
export interface ChangeTerms {
  /** The canonical native key of the process. */
  readonly key: string;
  /** What the caller agrees to lose, as an earlier refusal has named it; null where nothing was said. */
  readonly confirm: string | null;
}

/** A definition, made or replaced. */
export interface PutRequest extends ChangeTerms {
  readonly configuration: Native;
  /** The version that has to be the latest one for this to be done (RFC 9110 §13.1.1), `*`: any; null: not asked. */
  readonly ifMatch: string | null;
}

/** What `PATCH` on a process can change; what is undefined stays. */
export interface ProcessPatch {
  readonly name?: string;
  readonly description?: string | null;
  readonly enabled?: boolean;
  readonly labels?: readonly string[];
  /** A new native key, decoded: a rename. */
  readonly key?: string;
}

export interface UpdateRequest extends ChangeTerms {
  readonly patch: ProcessPatch;
  readonly ifMatch: string | null;
}

export interface VersionRequest extends ChangeTerms {
  /** A number, a tag or `latest`, as the caller has said it. */
  readonly version: string;
}

export interface ActivationRequest extends VersionRequest {
  readonly active: boolean;
}

export interface TagRequest extends VersionRequest {
  readonly tag: string;
}

/** A version made runnable in places. */
export interface DeployRequest extends ChangeTerms {
  readonly op: 'deploy';
  /** A number, a tag or `latest`. */
  readonly version: string;
  /** Ids of targets, without doubles; none: the connection's own place. */
  readonly targets: readonly string[];
  readonly name: string | null;
  readonly description: string | null;
  readonly activateTriggers: boolean | null;
  readonly settings: Native | null;
  readonly variables: Native | null;
}

/** What `PATCH` on a deployment can change; what is undefined stays. */
export interface DeploymentPatch {
  /** A number, `latest`, or `previous` for the one that it ran before. */
  readonly version?: string;
  readonly triggersActive?: boolean;
  readonly name?: string;
  readonly description?: string | null;
  readonly settings?: Native;
}

export interface RedeployRequest extends ChangeTerms {
  readonly op: 'redeploy';
  /** The platform's id of the deployment. */
  readonly deployment: string;
  readonly patch: DeploymentPatch;
}

export interface UndeployRequest extends ChangeTerms {
  readonly op: 'undeploy';
  readonly deployment: string;
}

export type DeploymentRequest = DeployRequest | RedeployRequest | UndeployRequest;

/**
 * One kind of change of what a platform has defined. Its steps set what is to be, so that whoever finds it done by half
 * can go on with the rest.
 */
export interface ChangePart<Q extends ChangeTerms> extends CertainWrite<ChangeReceipt> {
  /**
   * Checks a change against the upstream as it is now, and writes down everything that sending it takes.
   * @throws NotFoundError when there is no such process, version or deployment
   * @throws ConflictError when the state of the upstream does not allow it, or `confirm` has to be said: then
   * `members.confirm` is the word, and `members.stands` lists what would be lost
   * @throws PreconditionFailedError when `ifMatch` does not fit
   * @throws UpstreamRejectedError when the platform would refuse it
   */
  prepare(request: Q, signal: AbortSignal): Promise<PreparedChange>;
}

/** A change of members of a process. */
export interface LifecyclePart extends ChangePart<UpdateRequest> {
  /** The members that the platform lets change; the others are refused before it is asked. */
  readonly fields: readonly (keyof ProcessPatch)[];
}

/** A change of deployments. */
export interface DeployingPart extends ChangePart<DeploymentRequest> {
  /** The members that `PATCH` on a deployment can change here. */
  readonly fields: readonly (keyof DeploymentPatch)[];
}
