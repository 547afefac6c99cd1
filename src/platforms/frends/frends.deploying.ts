import type {
  DeploymentRequest,
  DeployRequest,
  RedeployRequest,
  UndeployRequest,
} from '../../domain/change.ts';
import { CapabilityNotSupportedError } from '../../domain/errors.ts';
import type { SentWindow } from '../../domain/write.ts';
import type { Learnt, Recipe, Steps, StepState } from '../stepped-change.ts';
import type { FrendsChangesClient, Sending } from './frends.changes-client.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsDeployTerms } from './frends.deploy-terms.ts';
import { deploymentNamed } from './frends.deployment-choice.ts';
import {
  deploymentOrder,
  type DeploymentOrder,
  deployWireOf,
  learntOf,
  stateOf,
} from './frends.deployment-orders.ts';
import { type Planned, planned, stepsOf, switched, taken } from './frends.deployment-plans.ts';
import { unlessGone } from './frends.refusal.ts';
import { deploymentsOf, type FrendsStandings, type Standing } from './frends.standing.ts';
import type { DeploymentWire, ProcessListItemWire } from './frends.wire.ts';

/** What changes of deployments work with. */
export interface DeployingTools {
  readonly client: FrendsClient;
  readonly changes: FrendsChangesClient;
  readonly standings: FrendsStandings;
  readonly terms: FrendsDeployTerms;
}

/** Deployments of a process: an agent group runs one version of it, and a call deploys to one agent group. */
export class FrendsDeploying implements Recipe<DeploymentRequest, DeploymentOrder> {
  readonly order = deploymentOrder;
  readonly #tools: DeployingTools;
  readonly #timeoutMs: number;

  constructor(tools: DeployingTools, timeoutMs: number) {
    this.#tools = tools;
    this.#timeoutMs = timeoutMs;
  }

  async plan(request: DeploymentRequest, signal: AbortSignal): Promise<Steps<DeploymentOrder>> {
    const standing = await this.#tools.standings.of(request.key, signal);
    switch (request.op) {
      case 'deploy':
        return this.#deploy(request, standing, signal);
      case 'redeploy':
        return stepsOf([this.#redeploy(request, standing)]);
      case 'undeploy':
        return stepsOf([this.#undeploy(request, standing)]);
    }
  }

  async send(order: DeploymentOrder, departure: Omit<Sending, 'timeoutMs'>): Promise<Learnt> {
    const { changes } = this.#tools;
    const sending = { ...departure, timeoutMs: this.#timeoutMs };
    switch (order.kind) {
      case 'deploy':
        return learntOf(order, await changes.deploy(deployWireOf(order), sending));
      case 'activation':
        await changes.switchTriggers(order.deploymentId, order.active, sending);
        return {};
      case 'undeploy':
        return unlessGone(
          () => changes.undeploy(order.deploymentId, sending),
          () => this.#look(order, sending.signal),
        );
    }
  }

  look(order: DeploymentOrder, _sent: SentWindow, signal: AbortSignal): Promise<StepState> {
    return this.#look(order, signal);
  }

  async #look(order: DeploymentOrder, signal: AbortSignal): Promise<StepState> {
    return stateOf(order, await deploymentsOf(this.#tools.client, order.guid, signal));
  }

  async #deploy(
    request: DeployRequest,
    standing: Standing,
    signal: AbortSignal,
  ): Promise<Steps<DeploymentOrder>> {
    const { standings, terms } = this.#tools;
    const version = standings.version(standing, request.version);
    const agentGroups = await terms.agentGroups(request, standing.name, signal);
    const { activateTriggers, description } = request;
    const variables = await terms.variables(request.variables, version, signal);
    const wanted = { activateTriggers, description, variables };
    return stepsOf(agentGroups.map((id) => planned(standing, version, id, wanted)));
  }

  #redeploy({ deployment, patch }: RedeployRequest, standing: Standing): Planned {
    const found = this.#named(standing, deployment);
    const activateTriggers = patch.triggersActive ?? null;
    if (patch.version === undefined) return switched(standing, found, activateTriggers);
    const wanted = { activateTriggers, description: found.description ?? null, variables: [] };
    return planned(standing, this.#version(standing, patch.version), found.agentGroup.id, wanted);
  }

  #version(standing: Standing, asked: string): ProcessListItemWire {
    const { standings } = this.#tools;
    if (asked !== 'previous') return standings.version(standing, asked);
    throw new CapabilityNotSupportedError(
      'Frends does not say which version an agent group ran before: name the number of the version.',
      standings.refused({ errors: [{ at: 'version', message: 'must be a number or `latest`' }] }),
    );
  }

  #undeploy({ deployment }: UndeployRequest, standing: Standing): Planned {
    return taken(standing, this.#named(standing, deployment));
  }

  #named({ name, deployments }: Standing, deployment: string): DeploymentWire {
    return deploymentNamed(deployments, deployment, name, this.#tools.standings.refused());
  }
}
