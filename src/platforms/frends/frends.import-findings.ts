import type { Target } from './frends.import-evidence.ts';
import type { Prints } from './frends.import-prints.ts';
import { keptName, nameOf } from './frends.mapper.ts';
import type { ProcessListItemWire } from './frends.wire.ts';

/** A version that an import has made. */
export interface Made {
  readonly guid: string;
  readonly version: number;
  readonly id: number;
}

/** What the tenant shows of one process of the file. */
export type Finding =
  /** `made` is null where several may be it, of which `doubt` tells; both are null of what was kept. */
  | { readonly state: 'done'; readonly made: Made | null; readonly doubt: string | null }
  | { readonly state: 'open' }
  /** `why` is a sentence for people, `candidates` the native ids of what may be it. */
  | { readonly state: 'unclear'; readonly why: string; readonly candidates: readonly string[] };

/** What is known of the request itself. */
export interface Told {
  /** Whether the platform has said yes: then what has appeared needs no further proof. */
  readonly isTaken: boolean;
  /** What its answer names: one of the processes, however many there are. */
  readonly answer: (Made & { readonly name: string | null }) | null;
}

/** What has appeared since the import was sent. */
export interface Appeared {
  /** Versions with higher numbers than any before, by GUID. */
  readonly versions: ReadonlyMap<string, readonly ProcessListItemWire[]>;
  /** Processes whose GUIDs were not there before, each by its newest version. */
  readonly processes: readonly ProcessListItemWire[];
}

/** Tells what became of each process of a file. */
export class ImportFindings {
  readonly #targets: readonly Target[];
  readonly #appeared: Appeared;
  readonly #told: Told;
  readonly #prints: Prints;
  readonly #copies: ReadonlyMap<string | null, readonly Target[]>;
  /** Whom the answer can mean alone of those that got a new GUID. */
  readonly #pinned: Target | null;
  /** New processes, without the one that the answer names. */
  readonly #free: readonly ProcessListItemWire[];
  readonly #named: ReadonlyMap<string | null, readonly ProcessListItemWire[]>;

  constructor(targets: readonly Target[], appeared: Appeared, told: Told, prints: Prints) {
    this.#targets = targets;
    this.#appeared = appeared;
    this.#told = told;
    this.#prints = prints;
    const copies = targets.filter(({ role }) => role === 'copy');
    this.#copies = groupedBy(copies, ({ name }) => name);
    this.#pinned = this.#meant(told.answer);
    const taken = this.#pinned === null ? null : told.answer?.guid;
    this.#free = appeared.processes.filter(({ uniqueIdentifier: guid }) => guid !== taken);
    this.#named = groupedBy(this.#free, (wire) => keptName(nameOf(wire)));
  }

  all(): readonly Finding[] {
    return this.#targets.map((target) => {
      if (target.role === 'kept') return done(null);
      return target.role === 'own' ? this.#own(target) : this.#copy(target);
    });
  }

  /** Of a new version under the GUID of the file. */
  #own(target: Target): Finding {
    const { answer, isTaken } = this.#told;
    if (answer?.guid === target.guid && answer.version > target.highest) return done(answer);
    const fresh = this.#appeared.versions.get(target.guid) ?? [];
    if (fresh.length === 0) return { state: 'open' };
    const equal = this.#equal(target, fresh);
    const found = equal.length > 0 || !isTaken ? equal : fresh;
    const [only, ...more] = found;
    const numbers = fresh.map(({ version }) => version).join(', ');
    if (only === undefined)
      return unclear(
        `Frends shows version ${numbers} of ${said(target)}, of other content than the file: somebody else may have made it.`,
        fresh,
      );
    return more.length === 0
      ? done(toMade(only))
      : doubtful(`Several versions of it have appeared, and any of them may be it: ${numbers}.`);
  }

  /** Of a process under a GUID that the platform has made. */
  #copy(target: Target): Finding {
    const { isTaken, answer } = this.#told;
    if (target === this.#pinned) return done(answer);
    const named = this.#named.get(target.name) ?? [];
    const equal = this.#equal(target, named.length > 0 ? named : this.#free);
    const found = equal.length > 0 || !isTaken ? equal : named;
    if (found.length === 0) return this.#unseen(target);
    const rivals = (this.#copies.get(target.name) ?? []).filter(
      (each) => each !== this.#pinned && (equal.length === 0 || each.print === target.print),
    );
    if (found.length > rivals.length || (equal.length === 0 && rivals.length > 1))
      return doubtful(
        `New processes that may be it: ${found.map(({ uniqueIdentifier }) => uniqueIdentifier).join(', ')}.`,
      );
    // Those of one name and content are as good as one another.
    const own = found[rivals.indexOf(target)];
    return own === undefined ? { state: 'open' } : done(toMade(own));
  }

  #meant(answer: Told['answer']): Target | null {
    if (answer === null || this.#targets.some(({ guid }) => guid === answer.guid)) return null;
    const name = answer.name === null ? null : keptName(answer.name);
    const [first, ...more] = this.#copies.get(name) ?? [];
    if (first !== undefined && more.length === 0) return first;
    const [only, ...others] = this.#targets;
    return only?.role === 'copy' && others.length === 0 ? only : null;
  }

  #unseen(target: Target): Finding {
    const { name } = target;
    const alike = this.#free.filter((wire) => name !== null && nameOf(wire).includes(name));
    if (alike.length === 0) return { state: 'open' };
    return unclear(
      `Frends shows ${alike.length === 1 ? 'a new process' : `${alike.length} new processes`} like ${said(target)}, of other content than the file: somebody else may have made it.`,
      alike,
    );
  }

  #equal({ print }: Target, wires: readonly ProcessListItemWire[]): readonly ProcessListItemWire[] {
    return wires.filter(({ id }) => print !== null && this.#prints.get(id) === print);
  }
}

function groupedBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string | null,
): ReadonlyMap<string | null, readonly T[]> {
  const groups = new Map<string | null, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function toMade({ uniqueIdentifier: guid, version, id }: ProcessListItemWire): Made {
  return { guid, version, id };
}

function done(made: Made | null): Finding {
  return { state: 'done', made, doubt: null };
}

function doubtful(doubt: string): Finding {
  return { state: 'done', made: null, doubt };
}

function unclear(why: string, wires: readonly ProcessListItemWire[]): Finding {
  const candidates = wires.map(({ uniqueIdentifier }) => uniqueIdentifier);
  return { state: 'unclear', why, candidates: [...new Set(candidates)] };
}

function said({ name, guid }: Target): string {
  return name ?? guid;
}
