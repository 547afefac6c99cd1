import type { Catalogue } from '../catalogue/catalogue.ts';
import { defaultDemand, type Demand } from '../catalogue/freshness.ts';
import type { ReadAnswer, ReadCache } from '../catalogue/read-cache.ts';
import type { Connection } from '../connections/connection.ts';
import type { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { Resolution } from '../domain/adapter.ts';
import type { Capability } from '../domain/capability.ts';
import { NotFoundError } from '../domain/errors.ts';
import { formatId, parseId } from '../domain/ids.ts';

/** A process that an id means. */
export interface FoundProcess {
  readonly connection: Connection;
  /** The canonical native key. */
  readonly key: string;
  /** The canonical id. */
  readonly id: string;
  /** The version that the id named, when it was an alias of one; else null. */
  readonly version: string | null;
}

/** The least time a single read gets, whatever the timeout of one request, in ms. */
const leastReadMs = 5_000;

/** Finds what ids mean, and reads single things of connections through the cache. */
export class ProcessReads {
  readonly #connections: ConnectionRegistry;
  readonly #catalogue: Catalogue;
  readonly #cache: ReadCache;

  constructor(connections: ConnectionRegistry, catalogue: Catalogue, cache: ReadCache) {
    this.#connections = connections;
    this.#catalogue = catalogue;
    this.#cache = cache;
  }

  /**
   * What an id means, on a connection that can do what is wanted of it: what it cannot do is refused before anything is
   * asked of its platform.
   * @throws NotFoundError when the id means nothing
   * @throws CapabilityNotSupportedError
   */
  async find(id: string, wanted: Capability): Promise<FoundProcess> {
    const parsed = parseId(id);
    const connection = parsed === null ? null : this.#connections.find(parsed.connection);
    if (parsed === null || connection === null)
      throw new NotFoundError(`There is no process "${id}".`);
    connection.part(wanted);
    const listed = await this.#catalogue.entry(connection.id, parsed.key);
    const meant =
      listed === null
        ? await this.#resolve(connection, parsed.key)
        : { key: parsed.key, version: null };
    if (meant === null) throw notFound(connection, `There is no process "${id}".`);
    return {
      connection,
      key: meant.key,
      id: formatId(connection.id, meant.key),
      version: meant.version,
    };
  }

  /** Reads one thing of a process, kept under `what` and its key. */
  read<T>(
    connection: Connection,
    what: readonly string[],
    demand: Demand,
    fetch: (signal: AbortSignal) => Promise<T | null>,
  ): Promise<ReadAnswer<T>> {
    const { id, platform, policy } = connection;
    const timeoutMs = readTimeoutMs(connection);
    return this.#cache.read(
      { connection: id, platform: platform.name, policy, timeoutMs, what, fetch },
      demand,
    );
  }

  async #resolve(connection: Connection, key: string): Promise<Resolution | null> {
    const processes = connection.part('processes');
    const answer = await this.read(connection, ['resolve', key], defaultDemand, (signal) =>
      processes.resolve(key, signal),
    );
    return answer.value;
  }
}

/** How long a single read may take with its further tries, in ms. */
export function readTimeoutMs({ config }: Connection): number {
  return Math.max(config.timeout * 1.5, leastReadMs);
}

/** A 404 that names the connection. */
export function notFound(connection: Connection, message: string): NotFoundError {
  return new NotFoundError(message, {
    connection: connection.id,
    platform: connection.platform.name,
  });
}
