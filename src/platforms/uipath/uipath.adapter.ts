import type { AdapterParts, BuildInfo, PlatformAdapter, Resolution } from '../../domain/adapter.ts';
import type { Budget } from '../../domain/budget.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import { decodeKey, encodeKey } from '../../domain/ids.ts';
import type { PackageFile } from '../../domain/package.ts';
import type { ProcessDetailRecord, ProcessRecord } from '../../domain/process.ts';
import type { CallBudget } from '../../upstream/budget.ts';
import { fileNameOf } from '../../upstream/file-name.ts';
import { walkPages } from '../../upstream/walk.ts';
import { toBuildInfo } from './build-info.ts';
import type { UipathClient } from './uipath.client.ts';
import type { FolderName, UipathConfig } from './uipath.config.ts';
import { UipathInputs } from './uipath.inputs.ts';
import { isGuid, isNumber, packageOf, packageVersionOf, samePackage } from './uipath.key.ts';
import {
  newestOfEach,
  toDeployment,
  toListedProcess,
  toProcessDetail,
  toVersion,
  toVersions,
} from './uipath.mapper.ts';
import { UipathPlaces } from './uipath.places.ts';
import { type RunClients, runParts } from './uipath.run-parts.ts';
import type { StartPlaces } from './uipath.starts.ts';
import type { PackageWire, ReleaseWire } from './uipath.wire.ts';

/** UiPath Orchestrator by the adapter contract: a process is a package, a deployment a release of it. */
export class UipathAdapter implements PlatformAdapter {
  readonly parts: Partial<AdapterParts>;
  readonly #client: UipathClient;
  readonly #places: UipathPlaces;
  readonly #folder: FolderName | undefined;
  readonly #inputs: UipathInputs;

  readonly budget: () => Promise<Budget | null>;

  constructor(
    client: UipathClient,
    config: UipathConfig,
    { budget, ...runClients }: RunClients & { readonly budget: CallBudget | null },
  ) {
    const { folder } = config;
    this.budget = () => budget?.state() ?? Promise.resolve(null);
    this.#client = client;
    this.#inputs = new UipathInputs(client);
    this.#places = new UipathPlaces(client, config);
    this.#folder = folder;
    this.parts = {
      processes: {
        list: (signal) => this.#list(signal),
        get: (key, signal) => this.#get(key, signal),
        resolve: (key, signal) => this.#resolve(key, signal),
      },
      versions: {
        list: async (key, signal) => {
          const wires = await this.#versions(packageOf(key), signal);
          return wires.length === 0 ? null : toVersions(wires);
        },
        get: async (key, version, signal) =>
          toVersion(await this.#versions(packageOf(key), signal), version),
      },
      packages: { download: (key, version, signal) => this.#download(key, version, signal) },
      // Releases and jobs can only be asked for inside a folder.
      ...(folder === undefined
        ? {}
        : {
            deployments: { list: (key, signal) => this.#listDeployments(key, folder, signal) },
            ...runParts(runClients, this.#startPlaces(folder)),
          }),
      targets: { list: (signal) => this.#places.targets(signal) },
    };
  }

  #startPlaces(folder: FolderName): StartPlaces {
    return {
      deployments: (id, signal) => this.#deployments(id, folder, signal),
      version: async (id, version, signal) =>
        toVersion(await this.#versions(id, signal), version)?.version ?? null,
      exists: async (id, signal) => (await this.#package(id, signal)) !== null,
      input: (id, version, signal) =>
        this.#inputs.of(id, version, () => this.#versions(id, signal), signal),
    };
  }

  async ping(signal: AbortSignal): Promise<BuildInfo> {
    const headers = await this.#client.status(signal);
    // The status calls answer anybody; a row is given to the right credentials only.
    const [build] = await Promise.all([
      this.#client.build(signal),
      this.#places.feedId(signal).then((feedId) => this.#client.probe(feedId, signal)),
    ]);
    return toBuildInfo(headers['api-supported-versions'] ?? null, build);
  }

  async #list(signal: AbortSignal): Promise<readonly ProcessRecord[]> {
    const [wires, deployed] = await Promise.all([
      this.#packages(null, signal),
      this.#folder === undefined ? null : this.#deployedPackages(signal),
    ]);
    return newestOfEach(wires).map((wire) =>
      toListedProcess(wire, deployed?.has(wire.Id.toLowerCase()) ?? null),
    );
  }

  async #get(key: string, signal: AbortSignal): Promise<ProcessDetailRecord | null> {
    const id = packageOf(key);
    if (id === null) return null;
    const folder = this.#folder;
    const [wire, deployments] = await Promise.all([
      this.#package(id, signal),
      folder === undefined ? null : this.#deployments(id, folder, signal),
    ]);
    if (wire === null) return null;
    return toProcessDetail(wire, deployments, await this.#inputs.argumentsOf(wire, signal));
  }

  async #resolve(key: string, signal: AbortSignal): Promise<Resolution | null> {
    const id = packageOf(key);
    const found = id === null ? null : await this.#package(id, signal);
    if (found !== null) return { key: encodeKey([found.Id]), version: null };
    const named = packageVersionOf(key);
    if (named !== null) {
      const wires = await this.#versions(named.id, signal);
      const version = toVersion(wires, named.version)?.version;
      return version === undefined ? null : { key: encodeKey([wires[0]?.Id ?? named.id]), version };
    }
    const release = await this.#release(decodeKey(key), signal);
    if (release === null) return null;
    // It may write its package in another case than the feed does.
    const { Id = release.ProcessKey } = (await this.#package(release.ProcessKey, signal)) ?? {};
    return { key: encodeKey([Id]), version: release.ProcessVersion };
  }

  /** The release of the folder that has this number or key. */
  async #release(parts: readonly string[], signal: AbortSignal): Promise<ReleaseWire | null> {
    const [id = '', ...more] = parts;
    if (this.#folder === undefined || more.length > 0) return null;
    if (isNumber(id)) return this.#client.getRelease(id, signal);
    if (!isGuid(id)) return null;
    const found = await this.#client.findReleasesByKey(id, signal);
    return found.find((each) => each.Key.toLowerCase() === id.toLowerCase()) ?? null;
  }

  async #download(key: string, version: string, signal: AbortSignal): Promise<PackageFile | null> {
    const found = toVersion(await this.#versions(packageOf(key), signal), version);
    if (found === null) return null;
    const [id = ''] = decodeKey(key);
    const feedId = await this.#places.feedId(signal);
    const answer = await this.#client.downloadPackage(`${id}:${found.version}`, feedId, signal);
    if (answer === null) return null;
    const { body, headers } = answer;
    const length = Number(headers['content-length']);
    const coded = headers['content-encoding'] !== undefined;
    return {
      content: body,
      fileName: fileNameOf(headers['content-disposition'], `${id}.${found.version}.nupkg`),
      mediaType: 'application/octet-stream',
      length: coded || !Number.isInteger(length) ? null : length,
    };
  }

  async #listDeployments(
    key: string,
    folder: FolderName,
    signal: AbortSignal,
  ): Promise<readonly DeploymentRecord[] | null> {
    const id = packageOf(key);
    if (id === null) return null;
    const [wire, deployments] = await Promise.all([
      this.#package(id, signal),
      this.#deployments(id, folder, signal),
    ]);
    return wire === null ? null : deployments;
  }

  async #deployments(
    id: string,
    folder: FolderName,
    signal: AbortSignal,
  ): Promise<DeploymentRecord[]> {
    const wires = await walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listReleases(id, skip, signal),
      keyOf: (wire) => String(wire.Id),
    });
    // Old builds answer `eq` with everything that contains the text; here as below.
    const own = wires.filter((wire) => samePackage(wire.ProcessKey, id));
    return own.map((wire) => toDeployment(wire, folder));
  }

  async #deployedPackages(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const wires = await walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listDeployed(skip, signal),
      keyOf: (wire) => String(wire.Id),
    });
    return new Set(wires.map((wire) => wire.ProcessKey?.toLowerCase() ?? ''));
  }

  /** The newest version of the package that is called so; one that is called exactly so goes before another in case. */
  async #package(id: string, signal: AbortSignal): Promise<PackageWire | null> {
    const wires = await this.#packages(id, signal);
    const newest = newestOfEach(wires);
    const exact = newest.find((wire) => wire.Id === id);
    return exact ?? newest.find((wire) => samePackage(wire.Id, id)) ?? null;
  }

  async #packages(id: string | null, signal: AbortSignal): Promise<PackageWire[]> {
    const feedId = await this.#places.feedId(signal);
    return walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listPackages(id, feedId, skip, signal),
      keyOf: (wire) => `${wire.Id}:${wire.Version}`,
    });
  }

  async #versions(id: string | null, signal: AbortSignal): Promise<PackageWire[]> {
    if (id === null) return [];
    const feedId = await this.#places.feedId(signal);
    const wires = await walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listVersions(id, feedId, skip, signal),
      keyOf: (wire) => `${wire.Id}:${wire.Version}`,
    });
    const exact = wires.filter((wire) => wire.Id === id);
    return exact.length > 0 ? exact : wires.filter((wire) => samePackage(wire.Id, id));
  }
}
