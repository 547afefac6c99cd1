import { type ErrorDetails, NotFoundError } from '../../domain/errors.ts';
import { decodeKey } from '../../domain/ids.ts';
import { uniqueBy } from '../unique.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { isGuid, type Lineage, lineageOf, versionOf } from './frends.lineage.ts';
import { nameOf } from './frends.mapper.ts';
import type { DeploymentWire, ProcessListItemWire } from './frends.wire.ts';

/** A process as it stands now, with all that is deployed of it. */
export interface Standing {
  readonly guid: string;
  readonly name: string;
  readonly lineage: Lineage;
  readonly deployments: readonly DeploymentWire[];
}

/** What changes are checked against before anything is sent. */
export class FrendsStandings {
  readonly #client: FrendsClient;
  readonly #config: Pick<FrendsConfig, 'id' | 'platform'>;

  constructor(client: FrendsClient, config: Pick<FrendsConfig, 'id' | 'platform'>) {
    this.#client = client;
    this.#config = config;
  }

  /** @throws NotFoundError when no version stands for a process of this key */
  async of(key: string, signal: AbortSignal): Promise<Standing> {
    const [guid = '', ...more] = decodeKey(key);
    if (more.length > 0 || !isGuid(guid)) throw this.#missing(`no process ${key}`);
    const [versions, deployments] = await Promise.all([
      this.#client.listProcesses(guid, signal),
      deploymentsOf(this.#client, guid, signal),
    ]);
    const lineage = lineageOf(guid, versions);
    if (lineage === null) throw this.#missing(`no process ${guid}`);
    return { guid, name: nameOf(lineage.current), lineage, deployments };
  }

  /** @throws NotFoundError when the process has no such version */
  version({ lineage, name }: Standing, version: string): ProcessListItemWire {
    const found = versionOf(lineage, version);
    if (found !== null) return found;
    const errors = [{ at: 'version', message: 'must be a version of the process, or `latest`' }];
    throw this.#missing(`no version ${version} of ${name}`, { errors });
  }

  /** What an error says of a change that was not sent. */
  refused(details: ErrorDetails = {}): ErrorDetails {
    const { id: connection, platform } = this.#config;
    return { connection, platform, outcome: 'not_sent', ...details };
  }

  #missing(what: string, details: ErrorDetails = {}): NotFoundError {
    return new NotFoundError(`Frends (${this.#config.id}) has ${what}.`, this.refused(details));
  }
}

/** All that is deployed of the process with this GUID. */
export async function deploymentsOf(
  client: FrendsClient,
  guid: string,
  signal: AbortSignal,
): Promise<DeploymentWire[]> {
  const wires = await client.listDeployments(guid, signal);
  const ofProcess = wires.filter((wire) => wire.processGuid === guid);
  return uniqueBy(ofProcess, (wire) => String(wire.deploymentId));
}
