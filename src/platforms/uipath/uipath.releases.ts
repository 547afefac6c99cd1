import type { DeploymentRecord } from '../../domain/deployment.ts';
import { walkPages } from '../../upstream/walk.ts';
import type { FolderName } from './uipath.config.ts';
import { isGuid, isNumber, samePackage } from './uipath.key.ts';
import { toDeployment } from './uipath.mapper.ts';
import type { UipathReleasesClient } from './uipath.releases-client.ts';
import type { ReleaseWire } from './uipath.wire.ts';

/** The releases of the connection's folder, read whole. */
export class UipathReleases {
  readonly #client: UipathReleasesClient;
  readonly folder: FolderName;

  constructor(client: UipathReleasesClient, folder: FolderName) {
    this.#client = client;
    this.folder = folder;
  }

  /** Those of one package. Old builds answer `eq` with everything that contains the text; here as below. */
  async of(id: string, signal: AbortSignal): Promise<ReleaseWire[]> {
    const wires = await walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listReleases(id, skip, signal),
      keyOf: (wire) => String(wire.Id),
    });
    return wires.filter((wire) => samePackage(wire.ProcessKey, id));
  }

  async deployments(id: string, signal: AbortSignal): Promise<DeploymentRecord[]> {
    return (await this.of(id, signal)).map((wire) => toDeployment(wire, this.folder));
  }

  /** Those that are called so, in whatever case: a name stands once in a folder. */
  async called(name: string, signal: AbortSignal): Promise<ReleaseWire[]> {
    const wires = await walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listReleasesByName(name, skip, signal),
      keyOf: (wire) => String(wire.Id),
    });
    return wires.filter((wire) => wire.Name?.toLowerCase() === name.toLowerCase());
  }

  /** The one that has this number or key. */
  async find(id: string, signal: AbortSignal): Promise<ReleaseWire | null> {
    if (isNumber(id)) return this.#client.getRelease(id, signal);
    if (!isGuid(id)) return null;
    const found = await this.#client.findReleasesByKey(id, signal);
    return found.find((each) => each.Key.toLowerCase() === id.toLowerCase()) ?? null;
  }

  /** The one that has this number, with the versions that it has run. */
  async withHistory(id: string, signal: AbortSignal): Promise<ReleaseWire | null> {
    return this.#client.getReleaseVersions(id, signal);
  }

  /** The ids, in lower case, of the packages that stand in the folder. */
  async packages(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const wires = await walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listDeployed(skip, signal),
      keyOf: (wire) => String(wire.Id),
    });
    return new Set(wires.map((wire) => wire.ProcessKey?.toLowerCase() ?? ''));
  }
}
