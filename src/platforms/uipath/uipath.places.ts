import { UpstreamRejectedError } from '../../domain/errors.ts';
import type { Target } from '../../domain/target.ts';
import { walkPages } from '../../upstream/walk.ts';
import type { UipathClient } from './uipath.client.ts';
import type { FolderName, UipathConfig } from './uipath.config.ts';
import { folderText } from './uipath.folder.ts';
import { toTarget } from './uipath.mapper.ts';
import type { FolderWire } from './uipath.wire.ts';

/** Where a connection points: its folder, and the feed that its packages are in. */
export class UipathPlaces {
  readonly #client: UipathClient;
  readonly #config: UipathConfig;
  /** The feed of the folder, once it is known: a folder keeps the feed that it was made with. */
  #folderFeed: string | null | undefined;

  constructor(client: UipathClient, config: UipathConfig) {
    this.#client = client;
    this.#config = config;
  }

  /** Id of the feed; null for the tenant's. */
  async feedId(signal: AbortSignal): Promise<string | null> {
    const { feed, folder } = this.#config;
    if (feed === 'tenant') return null;
    if (feed !== 'folder' || folder === undefined) return feed;
    if (this.#folderFeed === undefined) {
      const id = 'id' in folder ? folder.id : (await this.#lookUp(folder, signal)).Id;
      this.#folderFeed = await this.#client.folderFeed(id, signal);
    }
    return this.#folderFeed;
  }

  /** The connection's folder, or every folder where it has none of its own. */
  async targets(signal: AbortSignal): Promise<readonly Target[]> {
    const { folder } = this.#config;
    if (folder !== undefined) return [toTarget(await this.#lookUp(folder, signal))];
    const wires = await walkPages({
      ...this.#client.walk,
      fetch: (skip) => this.#client.listFolders(skip, signal),
      keyOf: (wire) => String(wire.Id),
    });
    return wires.map(toTarget);
  }

  async #lookUp(folder: FolderName, signal: AbortSignal): Promise<FolderWire> {
    const found = await this.#find(folder, signal);
    if (found !== null) return found;
    const { connection, platform, title } = this.#client.name;
    throw new UpstreamRejectedError(
      `${title} (${connection}) has no folder ${folderText(folder)}, or these credentials may not see it.`,
      { connection, platform, sent: 'maybe' },
    );
  }

  async #find(folder: FolderName, signal: AbortSignal): Promise<FolderWire | null> {
    if ('id' in folder) return this.#client.getFolder(folder.id, signal);
    if ('key' in folder) return this.#client.getFolderByKey(folder.key, signal);
    const path = folder.path.toLowerCase();
    const found = await this.#client.findFoldersByPath(folder.path, signal);
    // Old builds answer `eq` with everything that contains the text.
    return found.find((each) => each.FullyQualifiedName?.toLowerCase() === path) ?? null;
  }
}
