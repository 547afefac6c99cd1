import { z } from 'zod';
import type { ChangedItem, ChangeTerms } from '../../domain/change.ts';
import { ConflictError, type ErrorDetails } from '../../domain/errors.ts';
import type { SentWindow } from '../../domain/write.ts';
import { readFirst } from '../../upstream/read-first.ts';
import type { Learnt, Recipe, Steps, StepState } from '../stepped-change.ts';
import type { FrendsChangesClient, Sending } from './frends.changes-client.ts';
import type { FrendsClient } from './frends.client.ts';
import { described } from './frends.deployment-choice.ts';
import { isLive } from './frends.lineage.ts';
import { toDeployment } from './frends.mapper.ts';
import { unlessGone } from './frends.refusal.ts';
import { deploymentsOf, type FrendsStandings, type Standing } from './frends.standing.ts';
import type { DeploymentWire } from './frends.wire.ts';

/** The process with what stood of it: a version that is made meanwhile is another one. */
const order = z.object({
  guid: z.string(),
  versions: z.array(z.int()),
  deployments: z.array(z.int()),
});
type Order = z.output<typeof order>;

const word = 'undeploy';

/** Deletion of a process with all versions, which undeploys it everywhere. */
export class FrendsDeletion implements Recipe<ChangeTerms, Order> {
  readonly order = order;
  readonly #client: FrendsClient;
  readonly #changes: FrendsChangesClient;
  readonly #standings: FrendsStandings;
  readonly #timeoutMs: number;

  constructor(
    client: FrendsClient,
    changes: FrendsChangesClient,
    standings: FrendsStandings,
    timeoutMs: number,
  ) {
    this.#client = client;
    this.#changes = changes;
    this.#standings = standings;
    this.#timeoutMs = timeoutMs;
  }

  async plan({ key, confirm }: ChangeTerms, signal: AbortSignal): Promise<Steps<Order>> {
    const standing = await this.#standings.of(key, signal);
    const { guid, lineage, deployments } = standing;
    if (deployments.length > 0 && confirm !== word) throw this.#unconfirmed(standing);
    const step: Order = {
      guid,
      versions: lineage.versions.map(({ version }) => version),
      deployments: deployments.map(({ deploymentId }) => deploymentId),
    };
    return { items: itemsOf(standing), steps: [{ item: 0, order: step }] };
  }

  /** Somebody may have deployed it since that was agreed to, so what stands is read again. */
  async send(step: Order, departure: Omit<Sending, 'timeoutMs'>): Promise<Learnt> {
    const { guid, deployments } = step;
    const standing = await readFirst(() => deploymentsOf(this.#client, guid, departure.signal));
    if (standing.some(({ deploymentId }) => !deployments.includes(deploymentId)))
      throw this.#overtaken(guid, standing);
    const now = Date.now();
    return unlessGone(
      () => this.#changes.deleteProcess(guid, { ...departure, timeoutMs: this.#timeoutMs }),
      () => this.look(step, { from: now, until: now }, departure.signal),
    );
  }

  async look(
    { guid, versions, deployments }: Order,
    _sent: SentWindow,
    signal: AbortSignal,
  ): Promise<StepState> {
    const [listed, deployed] = await Promise.all([
      this.#client.listProcesses(guid, signal),
      deploymentsOf(this.#client, guid, signal),
    ]);
    const live = new Set(
      listed.filter((wire) => wire.uniqueIdentifier === guid && isLive(wire)).map(numberOf),
    );
    const left = versions.filter((version) => live.has(version));
    if (left.length === versions.length) return { state: 'open' };
    if (left.length > 0)
      return unclear(`Frends has deleted some versions and still shows ${left.join(', ')}.`);
    const standing = deployed.filter(({ deploymentId }) => deployments.includes(deploymentId));
    if (standing.length === 0) return { state: 'done' };
    const there = standing.map(described).join(', ');
    return unclear(`Frends has deleted the process and still shows it deployed: ${there}.`);
  }

  #unconfirmed({ name, deployments }: Standing): ConflictError {
    const there = deployments.map(described).join(', ');
    return new ConflictError(
      `${name} is deployed: ${there}. Deleting it undeploys it everywhere; say ?confirm=${word} to do that.`,
      this.#standings.refused(agreeable(deployments)),
    );
  }

  #overtaken(guid: string, deployments: readonly DeploymentWire[]): ConflictError {
    const name = deployments[0]?.processName ?? guid;
    const there = deployments.map(described).join(', ');
    return new ConflictError(
      `${name} has been deployed anew since its deletion was asked for: ${there}. Nothing was deleted; ask again with ?confirm=${word} to undeploy all of that.`,
      this.#standings.refused({ ...agreeable(deployments), outcome: 'rejected' }),
    );
  }
}

function numberOf({ version }: { readonly version: number }): number {
  return version;
}

/** What has to be agreed to. */
function agreeable(deployments: readonly DeploymentWire[]): ErrorDetails {
  return { members: { confirm: word, stands: deployments.map(stands) } };
}

function stands(wire: DeploymentWire): object {
  const { id, name, version, target, triggersActive } = toDeployment(wire);
  return { id, name, version, target, triggersActive };
}

/** The process, and what goes with it. */
function itemsOf({ guid, name, deployments }: Standing): ChangedItem[] {
  const common = { process: guid, name, problem: null };
  return [
    { ...common, version: null, versionId: null, deployment: null, effect: 'deleted' },
    ...deployments.map((wire): ChangedItem => {
      const { id, version, nativeIds } = toDeployment(wire);
      const versionId = nativeIds['processId'] ?? null;
      return { ...common, version, versionId, deployment: id, effect: 'undeployed' };
    }),
  ];
}

function unclear(why: string): StepState {
  return { state: 'unclear', why };
}
