import type { AdapterParts, BuildInfo, PlatformAdapter, Resolution } from '../../domain/adapter.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import { decodeKey } from '../../domain/ids.ts';
import type { PackageFile } from '../../domain/package.ts';
import type { ProcessDetailRecord, ProcessRecord } from '../../domain/process.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { bodyLengthOf } from '../../upstream/body-length.ts';
import { fileNameOf } from '../../upstream/file-name.ts';
import { changePartsOf } from './frends.changes.ts';
import type { FrendsChangesClient } from './frends.changes-client.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { FrendsExport } from './frends.export.ts';
import {
  currentVersions,
  isGuid,
  isLive,
  isVersionId,
  type Lineage,
  lineageOf,
  versionOf,
} from './frends.lineage.ts';
import {
  enabledGuids,
  nameOf,
  toDeployment,
  toListedProcess,
  toListedVersion,
  toProcessDetail,
  toVersion,
} from './frends.mapper.ts';
import { FrendsLog } from './frends.log.ts';
import { FrendsRelease } from './frends.release.ts';
import { FrendsRuns } from './frends.runs.ts';
import type { FrendsRunsClient } from './frends.runs-client.ts';
import { deploymentsOf } from './frends.standing.ts';
import { FrendsStarts } from './frends.starts.ts';
import type { StepData } from './frends.step-data.ts';
import { targetsOf } from './frends.targets.ts';
import { frendsDialect } from './frends.triggers.ts';

/** The ways to one tenant. */
export interface FrendsClients {
  readonly client: FrendsClient;
  readonly changes: FrendsChangesClient;
  readonly runs: FrendsRunsClient;
  readonly stepData: StepData;
}

/** Frends by the adapter contract. */
export class FrendsAdapter implements PlatformAdapter {
  readonly parts: Partial<AdapterParts>;
  readonly #client: FrendsClient;
  readonly #release: FrendsRelease;

  constructor({ client, changes, runs, stepData }: FrendsClients, config: FrendsConfig) {
    this.#client = client;
    this.#release = new FrendsRelease(client);
    this.parts = {
      processes: {
        list: (signal) => this.#list(signal),
        get: (key, signal) => this.#get(key, signal),
        resolve: (key, signal) => this.#resolve(key, signal),
      },
      versions: {
        list: (key, signal) => this.#listVersions(key, signal),
        get: (key, version, signal) => this.#getVersion(key, version, signal),
      },
      packages: { download: (key, version, signal) => this.#download(key, version, signal) },
      export: new FrendsExport(client, config),
      deployments: { list: (key, signal) => this.#listDeployments(key, signal) },
      targets: { list: (signal) => targetsOf(client, config.concurrency, signal) },
      schedules: { dialects: [frendsDialect] },
      runs: new FrendsRuns(client, runs, config),
      starts: new FrendsStarts({ client, runs, release: this.#release }, config),
      log: new FrendsLog(runs, stepData),
      ...changePartsOf({ client, changes, release: this.#release }, config),
    };
  }

  ping(signal: AbortSignal): Promise<BuildInfo> {
    return this.#release.ping(signal);
  }

  async #list(signal: AbortSignal): Promise<readonly ProcessRecord[]> {
    const [versions, deployments] = await Promise.all([
      this.#client.listProcesses(null, signal),
      this.#client.listDeployments(null, signal),
    ]);
    const processes = currentVersions(versions);
    const guids = processes.map((wire) => wire.uniqueIdentifier);
    const labels = await this.#client.tagsOf(guids, signal);
    const enabled = enabledGuids(deployments);
    return processes.map((wire) => {
      const { uniqueIdentifier: guid } = wire;
      return toListedProcess(wire, enabled.has(guid), labels.get(guid) ?? []);
    });
  }

  async #get(key: string, signal: AbortSignal): Promise<ProcessDetailRecord | null> {
    const lineage = await this.#lineage(key, signal);
    if (lineage === null) return null;
    const [whole, deployments, labels] = await Promise.all([
      this.#client.getProcess(key, lineage.current.version, signal),
      deploymentsOf(this.#client, key, signal),
      this.#client.tagsOf([key], signal),
    ]);
    return whole === null || !isLive(whole)
      ? null
      : toProcessDetail(whole, deployments, labels.get(key) ?? []);
  }

  async #resolve(key: string, signal: AbortSignal): Promise<Resolution | null> {
    const [part = '', ...more] = decodeKey(key);
    if (more.length > 0) return null;
    const guid = part.toLowerCase();
    if (isGuid(guid)) {
      return (await this.#lineage(guid, signal)) === null ? null : { key: guid, version: null };
    }
    const wire = isVersionId(part) ? await this.#client.getProcessById(part, signal) : null;
    if (wire === null || !isLive(wire)) return null;
    return { key: wire.uniqueIdentifier, version: String(wire.version) };
  }

  async #listVersions(key: string, signal: AbortSignal): Promise<readonly VersionRecord[] | null> {
    if (!isGuid(key)) return null;
    const [lineage, deployments] = await Promise.all([
      this.#lineage(key, signal),
      deploymentsOf(this.#client, key, signal),
    ]);
    if (lineage === null) return null;
    const latest = lineage.current.version;
    return lineage.versions.map((wire) => toListedVersion(wire, latest, deployments));
  }

  async #getVersion(
    key: string,
    version: string,
    signal: AbortSignal,
  ): Promise<VersionRecord | null> {
    const lineage = await this.#lineage(key, signal);
    const found = versionOf(lineage, version);
    if (lineage === null || found === null) return null;
    const [whole, deployments] = await Promise.all([
      this.#client.getProcess(key, found.version, signal),
      deploymentsOf(this.#client, key, signal),
    ]);
    return whole === null || !isLive(whole)
      ? null
      : toVersion(whole, lineage.current.version, deployments);
  }

  /** A version's package is its export file. */
  async #download(key: string, version: string, signal: AbortSignal): Promise<PackageFile | null> {
    const found = versionOf(await this.#lineage(key, signal), version);
    if (found === null) return null;
    const file =
      version === 'latest'
        ? await this.#client.exportProcessById(found.id, signal)
        : await this.#client.exportProcess(key, found.version, signal);
    if (file === null) return null;
    return {
      content: file.body,
      fileName: fileNameOf(
        file.headers['content-disposition'],
        `${nameOf(found)}-${found.version}.json`,
      ),
      mediaType: 'application/json',
      length: bodyLengthOf(file.headers),
      sha256: null,
    };
  }

  async #listDeployments(
    key: string,
    signal: AbortSignal,
  ): Promise<readonly DeploymentRecord[] | null> {
    if (!isGuid(key)) return null;
    const [lineage, deployments] = await Promise.all([
      this.#lineage(key, signal),
      deploymentsOf(this.#client, key, signal),
    ]);
    return lineage === null ? null : deployments.map(toDeployment);
  }

  /** Null when no version stands for a process of this GUID. */
  async #lineage(key: string, signal: AbortSignal): Promise<Lineage | null> {
    return isGuid(key) ? lineageOf(key, await this.#client.listProcesses(key, signal)) : null;
  }
}
