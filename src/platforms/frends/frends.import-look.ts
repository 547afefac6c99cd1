import type { FrendsClient } from './frends.client.ts';
import {
  isMakingNew,
  knownGuids,
  type ObservedImport,
  type Target,
  targetsOf,
} from './frends.import-evidence.ts';
import {
  type Appeared,
  type Finding,
  ImportFindings,
  type Told,
} from './frends.import-findings.ts';
import { type Prints, printsOf } from './frends.import-prints.ts';
import type { FrendsInventory, Inventory, Seen } from './frends.inventory.ts';
import type { ProcessListItemWire } from './frends.wire.ts';

/** A process of the file with what the tenant shows of it. */
export interface Found {
  readonly target: Target;
  readonly finding: Finding;
}

/** Looks up what became of an import: each process of its file, by full reads. */
export class FrendsImportLook {
  readonly #client: FrendsClient;
  readonly #inventory: FrendsInventory;

  constructor(client: FrendsClient, inventory: FrendsInventory) {
    this.#client = client;
    this.#inventory = inventory;
  }

  /** `counted` is told how many of its processes are there, as they are found. */
  async look(
    seen: ObservedImport,
    told: Told,
    signal: AbortSignal,
    counted?: (count: number) => void,
  ): Promise<readonly Found[]> {
    const targets = targetsOf(seen);
    const guids = targets.map(({ guid }) => guid);
    const page = counted === undefined ? undefined : countedPages(targets, counted);
    const now = isMakingNew(seen)
      ? await this.#inventory.whole(signal, page)
      : await this.#inventory.of(guids, signal, page);
    const appeared = appearedOf(seen, targets, now);
    const prints = await this.#prints(targets, appeared, told, signal);
    const findings = new ImportFindings(targets, appeared, told, prints).all();
    return targets.map((target, index) => ({
      target,
      finding: findings[index] ?? { state: 'open' },
    }));
  }

  /** What was taken is compared only where several things may be it. */
  async #prints(
    targets: readonly Target[],
    { versions, processes }: Appeared,
    { isTaken }: Told,
    signal: AbortSignal,
  ): Promise<Prints> {
    const copies = targets.filter(({ role }) => role === 'copy');
    const isPlain = isTaken && processes.length <= 1 && copies.length <= 1;
    const own = [...versions.values()].filter((each) => !isTaken || each.length > 1).flat();
    return printsOf(this.#client, isPlain ? own : [...own, ...processes], signal);
  }
}

/** Counts what was kept, and what shows under its own GUID: which process is new is known by the whole list only. */
function countedPages(targets: readonly Target[], counted: (count: number) => void): Seen {
  const own = targets.filter(({ role }) => role === 'own');
  const highest = new Map(own.map((target) => [target.guid, target.highest]));
  const there = new Set(targets.filter(({ role }) => role === 'kept').map(({ guid }) => guid));
  counted(there.size);
  return (wires) => {
    for (const { uniqueIdentifier: guid, version, isDraft } of wires)
      if (isDraft !== true && version > (highest.get(guid) ?? Infinity)) there.add(guid);
    counted(there.size);
  };
}

function appearedOf(seen: ObservedImport, targets: readonly Target[], now: Inventory): Appeared {
  const versions = targets.flatMap(({ role, guid, highest }) => {
    const fresh = (now.get(guid) ?? []).filter(({ version }) => version > highest);
    return role !== 'own' || fresh.length === 0 ? [] : [[guid, fresh] as const];
  });
  const known = knownGuids(seen);
  const isNew = ([guid]: readonly [string, unknown]): boolean =>
    isMakingNew(seen) && !known.has(guid);
  const processes = [...now].filter(isNew).flatMap(([, wires]) => newestOf(wires));
  return { versions: new Map(versions), processes };
}

function newestOf(wires: readonly ProcessListItemWire[]): readonly ProcessListItemWire[] {
  return [...wires].sort((a, b) => b.version - a.version).slice(0, 1);
}
