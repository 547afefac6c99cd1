import { walkPages } from '../../upstream/walk.ts';
import type { UipathClient } from './uipath.client.ts';
import { samePackage } from './uipath.key.ts';
import { newestOfEach } from './uipath.mapper.ts';
import type { UipathPlaces } from './uipath.places.ts';
import type { PackageWire } from './uipath.wire.ts';

/** The packages of the connection's feed, read whole. */
export class UipathPackages {
  readonly #client: UipathClient;
  readonly #places: UipathPlaces;

  constructor(client: UipathClient, places: UipathPlaces) {
    this.#client = client;
    this.#places = places;
  }

  /** Rows of newest versions; `id` narrows to packages whose id is, on old builds contains, the text. */
  async list(id: string | null, signal: AbortSignal): Promise<PackageWire[]> {
    const feedId = await this.#places.feedId(signal);
    return walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listPackages(id, feedId, skip, signal),
      keyOf: (wire) => `${wire.Id}:${wire.Version}`,
    });
  }

  /** The newest version of the package that is called so; one that is called exactly so goes before another in case. */
  async find(id: string, signal: AbortSignal): Promise<PackageWire | null> {
    const newest = newestOfEach(await this.list(id, signal));
    const exact = newest.find((wire) => wire.Id === id);
    return exact ?? newest.find((wire) => samePackage(wire.Id, id)) ?? null;
  }

  /** Every version; none when there is no such package. */
  async versions(id: string | null, signal: AbortSignal): Promise<PackageWire[]> {
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
