import type { Watched, WatchedName } from './watched.ts';

/** Records of one kind, to be watched. */
export interface WatchableKind {
  readonly name: WatchedName;
  /**
   * Those that the ids mean, in their order.
   * @throws NotFoundError, CapabilityNotSupportedError
   */
  watched(ids: readonly string[]): Promise<readonly Watched[]>;
}

/** The ids that are asked for, by what their kind is called. */
export type WatchedIds = Readonly<Partial<Record<WatchedName, readonly string[]>>>;

/** All kinds of records that one stream can tell of. */
export class Watchables {
  readonly #kinds: readonly WatchableKind[];

  constructor(kinds: readonly WatchableKind[]) {
    this.#kinds = kinds;
  }

  /** What is asked for, each once: kind by kind, and as it was asked for within a kind. */
  async watched(ids: WatchedIds): Promise<readonly Watched[]> {
    const found = await Promise.all(
      this.#kinds.map((kind) => kind.watched([...new Set(ids[kind.name])])),
    );
    return found.flat();
  }
}
