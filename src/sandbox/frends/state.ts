/** A variable of a process; a secret one stands in answers like any other. */
export interface Variable {
  readonly name: string;
  readonly value: string | null;
  readonly isSecret: boolean;
  readonly mode: string;
  readonly description: string | null;
}

/** A parameter of a manual run. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly defaultValue: string;
  readonly isSecret: boolean;
}

/** What starts a process, as export files write it. */
export interface Trigger {
  readonly $type: string;
  readonly name: string;
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** One version of a process, without what can be drawn from it: BPMN, elements, graph, templates. */
export interface StoredVersion {
  readonly id: number;
  readonly guid: string;
  readonly version: number;
  readonly majorVersion: number;
  readonly minorVersion: number;
  readonly name: string;
  readonly description: string | null;
  readonly changeDescription: string | null;
  readonly modified: string;
  readonly modifier: string | null;
  isDeleted: boolean;
  isNotLatestVersion: boolean;
  readonly isDraft: boolean;
  draftId: number | null;
  readonly idOfBaseProcessForDraft: number | null;
  readonly isSubprocess: boolean;
  readonly isForMonitoringRule: boolean;
  readonly isTemplated: boolean;
  readonly targetFramework: string;
  readonly frendsVersion: string;
  readonly variables: readonly Variable[];
  readonly parameters: readonly Parameter[];
  readonly triggers: readonly Trigger[];
  /** What came with the file; null for what the seed made. */
  readonly imported: { readonly bpmn: string; readonly elementParameters: string } | null;
}

/** A version in an agent group: one per process and agent group. */
export interface StoredDeployment {
  readonly deploymentId: number;
  readonly versionId: number;
  readonly agentGroupId: number;
  readonly deployedAtUtc: string;
  readonly deployedBy: string;
  readonly description: string | null;
  triggersActive: boolean;
}

/** A run; how far it is follows from the clock. */
export interface StoredInstance {
  readonly id: number;
  readonly executionId: string;
  readonly guid: string;
  readonly name: string;
  readonly versionId: number;
  readonly version: number;
  readonly agentGroupId: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly fails: boolean;
  /** Log level "only errors": a run that succeeds leaves nothing to see. */
  readonly isUnlogged: boolean;
  readonly triggerName: string;
  readonly userName: string;
  readonly parameters: Readonly<Record<string, string>>;
  acknowledgedUtc: string | null;
  comment: string | null;
}

/** Where agents run. */
export interface AgentGroup {
  readonly id: number;
  readonly displayName: string;
  readonly isCrossPlatform: boolean;
  readonly agents: readonly string[];
}

/** A stage of the tenant. */
export interface Environment {
  readonly id: number;
  readonly displayName: string;
  readonly agentGroups: readonly AgentGroup[];
}

/** What the tenant's release can do. */
export interface FrendsFeatures {
  /** POST process-deployments/{id}/execute, which came late. */
  readonly execute: boolean;
  /** The tags calls. */
  readonly tags: boolean;
  /** v1.0/swagger.json. */
  readonly document: boolean;
}

/** Everything the tenant holds. */
export interface FrendsState {
  readonly features: FrendsFeatures;
  readonly environments: readonly Environment[];
  /** In the order of their ids. */
  readonly versions: StoredVersion[];
  deployments: StoredDeployment[];
  /** Oldest first. */
  readonly instances: StoredInstance[];
  /** By GUID. */
  readonly tags: Record<string, string[]>;
  nextId: number;
}

/** The next number for whatever needs one; numbers are never used twice. */
export function nextId(state: FrendsState): number {
  state.nextId += 1;
  return state.nextId;
}

/** A date as .NET writes it: trailing zeros of the fraction cut off. */
export function dotNetDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z');
}

/** The environment of an agent group and the group itself. */
export function placeOf(
  state: FrendsState,
  agentGroupId: number,
): { environment: Environment; agentGroup: AgentGroup } | null {
  for (const environment of state.environments) {
    const agentGroup = environment.agentGroups.find((group) => group.id === agentGroupId);
    if (agentGroup !== undefined) return { environment, agentGroup };
  }
  return null;
}

/** The version of a process that is neither deleted, draft nor superseded. */
export function currentOf(state: FrendsState, guid: string): StoredVersion | undefined {
  return state.versions.findLast(
    (each) => each.guid === guid && !each.isDeleted && !each.isDraft && !each.isNotLatestVersion,
  );
}
