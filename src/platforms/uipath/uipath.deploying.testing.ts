import type {
  DeploymentPatch,
  DeployRequest,
  RedeployRequest,
  UndeployRequest,
} from '../../domain/change.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import { ChangedUipath } from './uipath.changes.testing.ts';

/** Versions of the payment run: its deployment runs the middle one, and ran the oldest before. */
export const oldest = '1.0.6981.35861';
export const middle = '1.0.7012.9120';
export const newest = '1.0.7012.11204';

export function deploy(key: string, more: Partial<DeployRequest> = {}): DeployRequest {
  return {
    op: 'deploy',
    key,
    version: 'latest',
    targets: [],
    name: null,
    description: null,
    activateTriggers: null,
    settings: null,
    variables: null,
    confirm: null,
    ...more,
  };
}

export function redeploy(key: string, deployment: string, patch: DeploymentPatch): RedeployRequest {
  return { op: 'redeploy', key, deployment, patch, confirm: null };
}

export function undeploy(key: string, deployment: string): UndeployRequest {
  return { op: 'undeploy', key, deployment, confirm: null };
}

/** Deployments that are made, changed and deleted, as the ledger does it. */
export class DeployedUipath extends ChangedUipath<'deploying'> {
  constructor() {
    super('deploying');
  }

  async deployment(id: string, key: string): Promise<DeploymentRecord | undefined> {
    return (await this.deployments(key)).find((each) => each.id === id);
  }

  /** The JSON that the last request of a method brought. */
  sent(method: string): unknown {
    const last = this.asked.exchanges.findLast((each) => each.method === method);
    return JSON.parse(last?.requestBody?.toString() ?? 'null');
  }
}
