import type {
  ChangeReceipt,
  DeploymentPatch,
  DeploymentRequest,
  DeployRequest,
  PreparedChange,
} from '../../domain/change.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import type { Native } from '../../domain/native.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { ChangingFrends } from './frends.testing.ts';

export const dunning = 'Dunning letters';
export const [development, test_, cloud, onPremises] = ['1', '2', '3', '4'] as const;
/** How the letters are deployed at first. */
export const before = ['version 3 in 1, triggers off', 'version 3 in 3, triggers on'];

/** Changes of deployments, as the ledger makes them. */
export class DeployingFrends extends ChangingFrends {
  planned(request: DeploymentRequest): Promise<PreparedChange> {
    return this.prepare(this.parts.deploying, request);
  }

  done(evidence: Native): Promise<ChangeReceipt> {
    return this.send(this.parts.deploying, evidence);
  }

  found(evidence: Native): Promise<Reconciliation<ChangeReceipt>> {
    return this.reconcile(this.parts.deploying, evidence);
  }

  deploy(changes: Partial<DeployRequest> = {}, name = dunning): DeployRequest {
    return {
      op: 'deploy',
      key: this.key(name),
      confirm: null,
      version: '2',
      targets: [cloud],
      name: null,
      description: null,
      activateTriggers: null,
      settings: null,
      variables: null,
      ...changes,
    };
  }

  redeploy(deployment: string, patch: DeploymentPatch): DeploymentRequest {
    return { op: 'redeploy', key: this.key(dunning), confirm: null, deployment, patch };
  }

  undeploy(deployment: string, name = dunning): DeploymentRequest {
    return { op: 'undeploy', key: this.key(name), confirm: null, deployment };
  }

  async deployed(name = dunning): Promise<readonly DeploymentRecord[]> {
    return (await this.parts.deployments.list(this.key(name), this.signal())) ?? [];
  }

  /** What is deployed, a line each. */
  async shown(name = dunning): Promise<readonly string[]> {
    return (await this.deployed(name)).map(
      ({ version, target, triggersActive }) =>
        `version ${version ?? ''} in ${target.id}, triggers ${triggersActive === true ? 'on' : 'off'}`,
    );
  }

  /** How many were asked for. */
  posts(): number {
    return this.sandbox.requests().filter((each) => each === 'POST /api/v1/process-deployments')
      .length;
  }
}
