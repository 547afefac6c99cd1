import { z } from 'zod';
import type { Learnt, StepState } from '../stepped-change.ts';
import type { DeployWire } from './frends.changes-client.ts';
import { described } from './frends.deployment-choice.ts';
import type { DeploymentWire } from './frends.wire.ts';

const variable = z.object({
  name: z.string(),
  value: z.string(),
  isSecret: z.literal(false),
  mode: z.string().nullable(),
  description: z.string().nullable(),
});

const deployOrder = z.object({
  kind: z.literal('deploy'),
  guid: z.string(),
  version: z.int(),
  agentGroupId: z.int(),
  /** Null: as the platform does it where nothing is said. */
  activateTriggers: z.boolean().nullable(),
  /** Subprocesses have none that could be seen to be on. */
  hasTriggers: z.boolean(),
  description: z.string().nullable(),
  variables: z.array(variable),
  /** What was deployed there before, as `traceOf` writes it. */
  before: z.string(),
});
export type DeployOrder = z.output<typeof deployOrder>;

const activationOrder = z.object({
  kind: z.literal('activation'),
  guid: z.string(),
  deploymentId: z.int(),
  active: z.boolean(),
});
const undeployOrder = z.object({
  kind: z.literal('undeploy'),
  guid: z.string(),
  deploymentId: z.int(),
});

/** One request that changes deployments. */
export const deploymentOrder = z.discriminatedUnion('kind', [
  deployOrder,
  activationOrder,
  undeployOrder,
]);
export type DeploymentOrder = z.output<typeof deploymentOrder>;

/** What is deployed in an agent group; switching triggers does not change it. */
export function traceOf(there: readonly DeploymentWire[]): string {
  const traces = there.map((wire) =>
    JSON.stringify([
      wire.deploymentId,
      wire.processBuildVersion ?? null,
      wire.deployedAtUtc ?? null,
      wire.description ?? null,
    ]),
  );
  return traces.sort().join(' ');
}

/** Those of an agent group. */
export function deployedIn(
  deployments: readonly DeploymentWire[],
  agentGroupId: number,
): DeploymentWire[] {
  return deployments.filter(({ agentGroup }) => agentGroup.id === agentGroupId);
}

/** What an order is as a request. */
export function deployWireOf(order: DeployOrder): DeployWire {
  const { guid, version, agentGroupId, activateTriggers, description, variables } = order;
  return {
    agentGroupId,
    processes: [
      {
        processGuid: guid,
        version,
        ...(variables.length === 0 ? {} : { processVariables: variables }),
      },
    ],
    ...(activateTriggers === null ? {} : { activateTriggers }),
    ...(description === null ? {} : { deploymentDescription: description }),
  };
}

/** The deployment that an order has made, among several. */
export function learntOf(
  { guid, version, agentGroupId }: DeployOrder,
  deployments: readonly DeploymentWire[],
): Learnt {
  const made = deployedIn(deployments, agentGroupId).find(
    (wire) => wire.processGuid === guid && (wire.processBuildVersion ?? version) === version,
  );
  return made === undefined ? {} : { deployment: String(made.deploymentId) };
}

/** What the deployments of a process show of an order. */
export function stateOf(order: DeploymentOrder, deployments: readonly DeploymentWire[]): StepState {
  if (order.kind === 'deploy') return deployState(order, deployments);
  const found = deployments.find(({ deploymentId }) => deploymentId === order.deploymentId);
  if (order.kind === 'undeploy') return { state: found === undefined ? 'done' : 'open' };
  if (found === undefined)
    return unclear(`The deployment ${order.deploymentId} does not stand any more.`);
  const { triggersActive } = found;
  if (triggersActive === null || triggersActive === undefined)
    return unclear(`Frends does not say whether the triggers of ${described(found)} are on.`);
  return { state: triggersActive === order.active ? 'done' : 'open' };
}

function deployState(order: DeployOrder, deployments: readonly DeploymentWire[]): StepState {
  const there = deployedIn(deployments, order.agentGroupId);
  if (traceOf(there) === order.before) return { state: 'open' };
  const ours = there.find(({ processBuildVersion }) => processBuildVersion === order.version);
  if (ours === undefined) {
    const now = there.length === 0 ? 'nothing of it' : there.map(described).join(', ');
    return unclear(
      `What is deployed there has changed, and is not version ${order.version}: Frends shows ${now}.`,
    );
  }
  const { activateTriggers, hasTriggers, description } = order;
  if (hasTriggers && activateTriggers !== null && ours.triggersActive === !activateTriggers)
    return unclear(
      `Frends shows ${described(ours)} with its triggers ${activateTriggers ? 'off' : 'on'}, which is not what was asked for.`,
    );
  if (description !== null && (ours.description ?? '') !== description)
    return unclear(
      `Frends shows ${described(ours)} with another description than was asked for: somebody else may have deployed it.`,
    );
  return { state: 'done', learnt: { deployment: String(ours.deploymentId) } };
}

function unclear(why: string): StepState {
  return { state: 'unclear', why };
}
