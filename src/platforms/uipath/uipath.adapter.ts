import type { AdapterParts, BuildInfo, PlatformAdapter, Resolution } from '../../domain/adapter.ts';
import type { SpentBudget } from '../../domain/budget.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import { decodeKey, encodeKey } from '../../domain/ids.ts';
import type { PackageFile } from '../../domain/package.ts';
import type { ProcessDetailRecord, ProcessRecord } from '../../domain/process.ts';
import type { CallBudget } from '../../upstream/budget.ts';
import { bodyLengthOf } from '../../upstream/body-length.ts';
import { fileNameOf } from '../../upstream/file-name.ts';
import { toBuildInfo } from './build-info.ts';
import { changeParts } from './uipath.change-parts.ts';
import type { UipathChangesClient } from './uipath.changes-client.ts';
import type { UipathClient } from './uipath.client.ts';
import type { UipathConfig } from './uipath.config.ts';
import { UipathExport } from './uipath.export.ts';
import { importPart } from './uipath.import.ts';
import { UipathInputs } from './uipath.inputs.ts';
import { packageOf, packageVersionOf } from './uipath.key.ts';
import {
  newestOfEach,
  toListedProcess,
  toProcessDetail,
  toVersion,
  toVersions,
} from './uipath.mapper.ts';
import { UipathPackages } from './uipath.packages.ts';
import { UipathPlaces } from './uipath.places.ts';
import type { UipathReleasesClient } from './uipath.releases-client.ts';
import { UipathReleases } from './uipath.releases.ts';
import { type RunClients, runParts } from './uipath.run-parts.ts';
import type { StartPlaces } from './uipath.starts.ts';
import type { UipathUploadClient } from './uipath.upload-client.ts';
import type { ReleaseWire } from './uipath.wire.ts';

/** What an adapter needs beside the client of definitions. */
export interface UipathMore extends RunClients {
  readonly releases: UipathReleasesClient;
  readonly changes: UipathChangesClient;
  readonly uploads: UipathUploadClient;
  readonly budget: CallBudget | null;
}

/** UiPath Orchestrator by the adapter contract: a process is a package, a deployment a release of it. */
export class UipathAdapter implements PlatformAdapter {
  readonly parts: Partial<AdapterParts>;
  readonly #client: UipathClient;
  readonly #places: UipathPlaces;
  readonly #packages: UipathPackages;
  /** Null without a folder. */
  readonly #releases: UipathReleases | null;
  readonly #inputs: UipathInputs;

  readonly budget: () => Promise<SpentBudget | null>;

  constructor(
    client: UipathClient,
    config: UipathConfig,
    { budget, changes, uploads, releases: deployed, ...runClients }: UipathMore,
  ) {
    const { folder } = config;
    this.budget = () => budget?.state() ?? Promise.resolve(null);
    this.#client = client;
    this.#inputs = new UipathInputs(client);
    this.#places = new UipathPlaces(client, config);
    this.#packages = new UipathPackages(client, this.#places);
    const releases = folder === undefined ? null : new UipathReleases(deployed, folder);
    this.#releases = releases;
    const reads = { places: this.#places, packages: this.#packages, releases };
    this.parts = {
      processes: {
        list: (signal) => this.#list(signal),
        get: (key, signal) => this.#get(key, signal),
        resolve: (key, signal) => this.#resolve(key, signal),
      },
      versions: {
        list: async (key, signal) => {
          const wires = await this.#packages.versions(packageOf(key), signal);
          return wires.length === 0 ? null : toVersions(wires);
        },
        get: async (key, version, signal) =>
          toVersion(await this.#packages.versions(packageOf(key), signal), version),
      },
      packages: { download: (key, version, signal) => this.#download(key, version, signal) },
      export: new UipathExport({ client, packages: this.#packages, places: this.#places }, config),
      import: importPart({ client, uploads, packages: this.#packages, places: this.#places }),
      // Releases and jobs can only be asked for inside a folder.
      ...(releases === null
        ? {}
        : {
            deployments: { list: (key, signal) => this.#listDeployments(key, releases, signal) },
            ...runParts(runClients, this.#startPlaces(releases)),
          }),
      ...changeParts(changes, reads),
      targets: { list: (signal) => this.#places.targets(signal) },
    };
  }

  #startPlaces(releases: UipathReleases): StartPlaces {
    return {
      deployments: (id, signal) => releases.deployments(id, signal),
      version: async (id, version, signal) =>
        toVersion(await this.#packages.versions(id, signal), version)?.version ?? null,
      exists: async (id, signal) => (await this.#packages.find(id, signal)) !== null,
      input: (id, version, signal) =>
        this.#inputs.of(id, version, () => this.#packages.versions(id, signal), signal),
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
      this.#packages.list(null, signal),
      this.#releases?.packages(signal) ?? null,
    ]);
    return newestOfEach(wires).map((wire) =>
      toListedProcess(wire, deployed?.has(wire.Id.toLowerCase()) ?? null),
    );
  }

  async #get(key: string, signal: AbortSignal): Promise<ProcessDetailRecord | null> {
    const id = packageOf(key);
    if (id === null) return null;
    const [wire, deployments] = await Promise.all([
      this.#packages.find(id, signal),
      this.#releases?.deployments(id, signal) ?? null,
    ]);
    if (wire === null) return null;
    return toProcessDetail(wire, deployments, await this.#inputs.argumentsOf(wire, signal));
  }

  async #resolve(key: string, signal: AbortSignal): Promise<Resolution | null> {
    const id = packageOf(key);
    const found = id === null ? null : await this.#packages.find(id, signal);
    if (found !== null) return { key: encodeKey([found.Id]), version: null };
    const named = packageVersionOf(key);
    if (named !== null) {
      const wires = await this.#packages.versions(named.id, signal);
      const version = toVersion(wires, named.version)?.version;
      return version === undefined ? null : { key: encodeKey([wires[0]?.Id ?? named.id]), version };
    }
    const release = await this.#release(decodeKey(key), signal);
    if (release === null) return null;
    // It may write its package in another case than the feed does.
    const { Id = release.ProcessKey } =
      (await this.#packages.find(release.ProcessKey, signal)) ?? {};
    return { key: encodeKey([Id]), version: release.ProcessVersion };
  }

  /** The release of the folder that has this number or key. */
  async #release(parts: readonly string[], signal: AbortSignal): Promise<ReleaseWire | null> {
    const [id = '', ...more] = parts;
    return more.length > 0 ? null : (this.#releases?.find(id, signal) ?? null);
  }

  async #download(key: string, version: string, signal: AbortSignal): Promise<PackageFile | null> {
    const found = toVersion(await this.#packages.versions(packageOf(key), signal), version);
    if (found === null) return null;
    const [id = ''] = decodeKey(key);
    const feedId = await this.#places.feedId(signal);
    const answer = await this.#client.downloadPackage(`${id}:${found.version}`, feedId, signal);
    if (answer === null) return null;
    const { body, headers } = answer;
    return {
      content: body,
      fileName: fileNameOf(headers['content-disposition'], `${id}.${found.version}.nupkg`),
      mediaType: 'application/octet-stream',
      length: bodyLengthOf(headers),
      sha256: null,
    };
  }

  async #listDeployments(
    key: string,
    releases: UipathReleases,
    signal: AbortSignal,
  ): Promise<readonly DeploymentRecord[] | null> {
    const id = packageOf(key);
    if (id === null) return null;
    const [wire, deployments] = await Promise.all([
      this.#packages.find(id, signal),
      releases.deployments(id, signal),
    ]);
    return wire === null ? null : deployments;
  }
}
