import type { ChangedItem, ChangeEffect } from '../../domain/change.ts';
import type { Step, Steps } from '../stepped-change.ts';
import {
  deployedIn,
  type DeploymentOrder,
  type DeployOrder,
  traceOf,
} from './frends.deployment-orders.ts';
import type { Standing } from './frends.standing.ts';
import type { DeploymentWire, ProcessListItemWire } from './frends.wire.ts';

/** What is said of a deployment beside its version and its agent group. */
export type Wanted = Pick<DeployOrder, 'activateTriggers' | 'description' | 'variables'>;

/** What becomes of one deployment; no order where it stands so already. */
export interface Planned {
  readonly item: ChangedItem;
  readonly order: DeploymentOrder | null;
}

/** What it takes that an agent group runs a version as it is wanted; triggers stay as they are where nothing is said. */
export function planned(
  standing: Standing,
  version: ProcessListItemWire,
  agentGroupId: number,
  wanted: Wanted,
): Planned {
  const { guid, name } = standing;
  const there = deployedIn(standing.deployments, agentGroupId);
  const same = there.find(({ processBuildVersion }) => processBuildVersion === version.version);
  const { description, variables } = wanted;
  const isDescribed = description === null || description === (same?.description ?? null);
  if (same !== undefined && isDescribed && variables.length === 0)
    return switched(standing, same, wanted.activateTriggers);
  return {
    item: {
      process: guid,
      name,
      version: String(version.version),
      versionId: String(version.id),
      deployment: null,
      effect: 'deployed',
      problem: null,
    },
    order: {
      kind: 'deploy',
      guid,
      version: version.version,
      agentGroupId,
      ...wanted,
      activateTriggers: wanted.activateTriggers ?? there[0]?.triggersActive ?? null,
      hasTriggers: version.isSubprocess !== true,
      before: traceOf(there),
    },
  };
}

/** Triggers as they are wanted, of what stays deployed; null: as they are. */
export function switched(
  standing: Standing,
  found: DeploymentWire,
  active: boolean | null,
): Planned {
  if (active === null || found.triggersActive === active)
    return { item: itemOf(standing, found, 'unchanged'), order: null };
  const { guid } = standing;
  const { deploymentId } = found;
  const item = itemOf(standing, found, 'updated');
  return { item, order: { kind: 'activation', guid, deploymentId, active } };
}

/** What it takes to undeploy. */
export function taken(standing: Standing, found: DeploymentWire): Planned {
  const { guid } = standing;
  const { deploymentId } = found;
  const item = itemOf(standing, found, 'undeployed');
  return { item, order: { kind: 'undeploy', guid, deploymentId } };
}

function itemOf({ guid, name }: Standing, wire: DeploymentWire, effect: ChangeEffect): ChangedItem {
  const { processBuildVersion: version, processId, deploymentId } = wire;
  return {
    process: guid,
    name,
    version: textOf(version),
    versionId: textOf(processId),
    deployment: String(deploymentId),
    effect,
    problem: null,
  };
}

function textOf(number: number | null | undefined): string | null {
  return number === null || number === undefined ? null : String(number);
}

/** All of them, in their order. */
export function stepsOf(all: readonly Planned[]): Steps<DeploymentOrder> {
  const steps = all.flatMap(({ order }, item): Step<DeploymentOrder>[] =>
    order === null ? [] : [{ item, order }],
  );
  return { items: all.map(({ item }) => item), steps };
}
