import pMap from 'p-map';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { isLive } from './frends.lineage.ts';
import type { ProcessListItemWire } from './frends.wire.ts';

/** More processes than that are looked up by the whole list: it has fewer pages than they would take calls. */
const mostLookups = 50;

/** Versions by GUID, drafts left out: they are not saved yet, and numbers of deleted ones are not used again. */
export type Inventory = ReadonlyMap<string, readonly ProcessListItemWire[]>;

/** Told what is read, as it comes and perhaps again: it is not known to be whole then. */
export type Seen = (wires: readonly ProcessListItemWire[]) => void;

/** What a tenant has. */
export class FrendsInventory {
  readonly #client: FrendsClient;
  readonly #concurrency: number;

  constructor(client: FrendsClient, { concurrency }: Pick<FrendsConfig, 'concurrency'>) {
    this.#client = client;
    this.#concurrency = concurrency;
  }

  /** Everything that it has of some processes, read to the end. */
  async of(guids: readonly string[], signal: AbortSignal, seen?: Seen): Promise<Inventory> {
    if (guids.length > mostLookups) return this.whole(signal, seen);
    const lists = await pMap(guids, (guid) => this.#client.listProcesses(guid, signal, seen), {
      concurrency: this.#concurrency,
    });
    return byGuid(lists.flat());
  }

  /** Everything that it has. */
  async whole(signal: AbortSignal, seen?: Seen): Promise<Inventory> {
    return byGuid(await this.#client.listProcesses(null, signal, seen));
  }
}

function byGuid(wires: readonly ProcessListItemWire[]): Inventory {
  const found = new Map<string, ProcessListItemWire[]>();
  for (const wire of wires) {
    if (wire.isDraft === true) continue;
    const own = found.get(wire.uniqueIdentifier);
    if (own === undefined) found.set(wire.uniqueIdentifier, [wire]);
    else own.push(wire);
  }
  return found;
}

/** The highest number that any version of a process has had; 0 where it never was. */
export function highestOf(versions: readonly ProcessListItemWire[]): number {
  return Math.max(0, ...versions.map(({ version }) => version));
}

/** The version that stands for a process; where none says so, the newest that is not deleted. */
export function standingOf(versions: readonly ProcessListItemWire[]): ProcessListItemWire | null {
  const live = versions.filter(isLive).sort((a, b) => b.version - a.version);
  return live.find(({ isNotLatestVersion }) => isNotLatestVersion !== true) ?? live[0] ?? null;
}
