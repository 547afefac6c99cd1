import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Demand } from '../catalogue/freshness.ts';
import { nowhereElse, type ReadAnswer, type ReadCache } from '../catalogue/read-cache.ts';
import type { Connection } from '../connections/connection.ts';
import type { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { ProcessesPart, Resolution } from '../domain/adapter.ts';
import type { Capability } from '../domain/capability.ts';
import { GatewayError, NotCachedError, NotFoundError } from '../domain/errors.ts';
import { formatId, parseId } from '../domain/ids.ts';
import { deadline } from '../timing/deadline.ts';

/** A process that an id means. */
export interface FoundProcess {
  readonly connection: Connection;
  /** The canonical native key. */
  readonly key: string;
  /** The canonical id. */
  readonly id: string;
  /** The version that the id named, when it was an alias of one; else null. */
  readonly version: string | null;
  /** How what the id means was read; null when nothing had to be: it is a key of the kept list, or it was read live. */
  readonly resolved: Caching | null;
  /** When the kept list was read that has it, in ms since 1970; null when it has not. */
  readonly listedAsOf: number | null;
  /** When it was asked for (Date.now): one deadline holds for finding it and for what is read of it. */
  readonly askedAt: number;
}

/** How one thing is read. */
interface ReadTerms {
  /** When its call began (Date.now); now when left out. */
  readonly askedAt?: number;
  /** Whether something else can stand in for it, so that the caller need not wait for its platform. */
  readonly elsewhere?: () => Promise<boolean>;
}

/** How old what was read is, and why. */
export type Caching = Omit<ReadAnswer<unknown>, 'value' | 'lookedAt'>;

/** What an id names, whatever that may mean. */
interface NamedProcess {
  readonly id: string;
  readonly connection: Connection;
  readonly key: string;
  readonly processes: ProcessesPart;
}

interface Resolved {
  readonly meant: Resolution | null;
  readonly resolved: Caching | null;
}

/** What is wanted of a process that need not be shown. */
const starts: readonly Capability[] = ['starts', 'archiveRuns'];
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

  /** The connection of an id; null where there is none any more. */
  configured(id: string): Connection | null {
    return this.#connections.find(parseId(id)?.connection ?? '');
  }

  /** The connection of an id, whatever it can do. @throws NotFoundError */
  connectionOf(id: string): Connection {
    return this.#placed(id).connection;
  }

  /**
   * Refuses an id that can mean nothing; nothing is asked of its platform.
   * @throws NotFoundError
   */
  async refuseImpossible(id: string): Promise<void> {
    const { connection, key, processes } = this.#placed(id);
    if (!(await canMean(processes, key)))
      throw notFound(connection, `There is no process "${id}".`);
  }

  /**
   * What an id means, as fresh as the call demands, on a connection that can do what is wanted of it: what it cannot do
   * is refused before anything is asked of its platform.
   * @throws NotFoundError when the id means nothing
   * @throws CapabilityNotSupportedError
   */
  async find(id: string, wanted: Capability, demand: Demand): Promise<FoundProcess> {
    const named = await this.#named(id, wanted);
    return this.#meant(named, async ({ connection, key, processes }) => {
      const what = ['resolve', key];
      const { value, ...resolved } = await this.read(connection, what, demand, (signal) =>
        processes.resolve(key, signal),
      );
      return { meant: value, resolved };
    });
  }

  /**
   * The same for what is read live, for its call alone: an alias may point elsewhere by now.
   * @throws NotCachedError when the call lets nobody ask the platform
   */
  async findLive(
    id: string,
    wanted: Capability,
    { onlyIfCached }: Demand,
    signal?: AbortSignal,
  ): Promise<FoundProcess> {
    const named = await this.#named(id, wanted);
    if (onlyIfCached) throw neverCached(named.connection);
    return this.#meant(named, async ({ connection, key, processes }) => {
      const inTime = deadline(readTimeoutMs(connection), signal);
      const meant =
        starts.includes(wanted) && processes.resolveStart !== undefined
          ? await processes.resolveStart(key, inTime)
          : await processes.resolve(key, inTime);
      return { meant, resolved: null };
    });
  }

  /**
   * The connection and the key that an id names, whether or not there is such a process, on a connection that can do what
   * is wanted of it.
   * @throws NotFoundError when nothing can be called so
   * @throws CapabilityNotSupportedError
   */
  async place(id: string, wanted: Capability): Promise<Pick<FoundProcess, 'connection' | 'key'>> {
    const { connection, key } = await this.#named(id, wanted);
    await this.refuseImpossible(id);
    return { connection, key };
  }

  /** Reads one thing of a process, kept under `what` and its key. */
  read<T>(
    connection: Connection,
    what: readonly string[],
    demand: Demand,
    fetch: (signal: AbortSignal) => Promise<T | null>,
    { askedAt = Date.now(), elsewhere = nowhereElse }: ReadTerms = {},
  ): Promise<ReadAnswer<T>> {
    const { id, platform, policy } = connection;
    const timeoutMs = readTimeoutMs(connection);
    const named = { connection: id, platform: platform.name, what };
    return this.#cache.read({ ...named, policy, timeoutMs, fetch, elsewhere, askedAt }, demand);
  }

  /**
   * Reads one thing of a process that the kept list may have. What the platform did not have when the list did not have
   * it either is asked for again.
   */
  async readListed<T>(
    { connection, listedAsOf, askedAt }: FoundProcess,
    what: readonly string[],
    demand: Demand,
    fetch: (signal: AbortSignal) => Promise<T | null>,
    elsewhere = nowhereElse,
  ): Promise<ReadAnswer<T>> {
    const terms = { askedAt, elsewhere };
    const answer = await this.read(connection, what, demand, fetch, terms);
    if (answer.value !== null || demand.onlyIfCached) return answer;
    if (listedAsOf === null || listedAsOf <= answer.asOf) return answer;
    return this.read(connection, what, { ...demand, forced: true }, fetch, terms);
  }

  /** The connection of an id, and its key. */
  async #named(id: string, wanted: Capability): Promise<NamedProcess> {
    const named = this.#placed(id);
    // What cannot exist is not there, before it matters what could be done with it.
    if (!named.connection.capabilities.includes(wanted)) await this.refuseImpossible(id);
    named.connection.part(wanted);
    return named;
  }

  #placed(id: string): NamedProcess {
    const parsed = parseId(id);
    if (parsed === null) throw noProcess(id);
    const connection = this.#connections.get(parsed.connection);
    return { id, connection, key: parsed.key, processes: connection.part('processes') };
  }

  /** A key of the kept list means itself; what any other means is resolved. */
  async #meant(
    named: NamedProcess,
    resolve: (named: NamedProcess) => Promise<Resolved>,
  ): Promise<FoundProcess> {
    const { id, connection, key } = named;
    const askedAt = Date.now();
    const listed = await this.#catalogue.entry(connection.id, key);
    const itself = { meant: { key, version: null }, resolved: null };
    const { meant, resolved } = listed === null ? await resolve(named) : itself;
    if (meant === null) throw notFound(connection, `There is no process "${id}".`);
    const { key: canonical, version } = meant;
    const canonicalId = formatId(connection.id, canonical);
    const listedAsOf = listed?.asOf ?? null;
    return { connection, key: canonical, id: canonicalId, version, resolved, listedAsOf, askedAt };
  }
}

/** Whether a key can mean anything by its form alone: with no time left, an adapter can ask nothing of its platform. */
async function canMean(processes: ProcessesPart, key: string): Promise<boolean> {
  try {
    return (await processes.resolve(key, AbortSignal.abort())) !== null;
  } catch (error) {
    if (error instanceof GatewayError) return true;
    throw error;
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

/** A 404 of what is no id. */
export function noProcess(id: string): NotFoundError {
  return new NotFoundError(`There is no process "${id}".`);
}

function neverCached({ id, platform }: Connection): NotCachedError {
  const refusal = 'This is read live and never cached, and only the cache was to be asked.';
  return new NotCachedError(refusal, { connection: id, platform: platform.name });
}
