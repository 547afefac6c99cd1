import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  type Cell,
  type CellName,
  type CellStore,
  emptyCell,
  type Lease,
  type LeaseTerms,
  type Readings,
  type WalkProblem,
} from './cell.ts';
import { between } from './freshness.ts';

interface Kept {
  readonly cell: Cell;
  /** Whether its value was walked while Redis could not take it. */
  readonly ownValue: boolean;
  /** The same of its failure. */
  readonly ownFailure: boolean;
  /** How many marks this process had set when it came by the value. */
  readonly marksSet: number;
}

const cellsKept = 20_000;
const bytesKept = 64 * 1_024 ** 2;
const overheadBytes = 256;
/** The mark of a value that is older than a mark set here. */
const outdated = -1;

/** Cells of one process: what it goes on with while Redis is away. */
export class MemoryCells implements CellStore {
  readonly #clock: () => number;
  readonly #cells = new LRUCache<string, Kept>({
    max: cellsKept,
    maxSize: bytesKept,
    sizeCalculation: ({ cell }, id) => (cell.value?.length ?? 0) + id.length * 2 + overheadBytes,
  });
  readonly #leases = new Map<string, { readonly token: string; until: number }>();
  /** Per connection: its mark as Redis last said it, and how many this process has set. */
  readonly #marks = new Map<string, number>();
  readonly #marksSet = new Map<string, number>();
  #revision = 0;

  /** `clock` is that of the store that it stands in for, as far as it is known. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  read(names: readonly CellName[]): Promise<Readings> {
    return Promise.resolve({ cells: names.map((name) => this.#get(name).cell), now: this.now() });
  }

  begin(name: CellName, { leaseMs, apartMs, seen }: LeaseTerms): Promise<Lease | null> {
    const [id, now, kept] = [idOf(name), this.now(), this.#get(name)];
    const { begun, begunAt, changes, mark } = kept.cell;
    const isHeld = (this.#leases.get(id)?.until ?? 0) > Date.now();
    if (isHeld || changes !== seen || between(begunAt, now) < apartMs) return Promise.resolve(null);
    const lease = { token: randomUUID(), seq: begun + 1, mark, at: now };
    this.#leases.set(id, { token: lease.token, until: Date.now() + leaseMs });
    this.#set(name, {
      ...kept,
      cell: { ...kept.cell, begun: lease.seq, begunAt: now, changes: changes + 1 },
    });
    return Promise.resolve(lease);
  }

  /** Whether a lease was given here, and not by Redis. */
  holds(name: CellName, lease: Lease): boolean {
    return this.#leases.get(idOf(name))?.token === lease.token;
  }

  renew(name: CellName, lease: Lease, leaseMs: number): Promise<boolean> {
    const held = this.#leases.get(idOf(name));
    if (held?.token !== lease.token) return Promise.resolve(false);
    held.until = Date.now() + leaseMs;
    return Promise.resolve(true);
  }

  /** The lease may stem from Redis: what counts here is that nothing newer is kept. */
  commit(name: CellName, lease: Lease, value: Buffer): Promise<boolean> {
    const { cell } = this.#get(name);
    this.#release(name, lease);
    const { seq, mark: seenMark, at: asOf } = lease;
    if (seq < cell.seq) return Promise.resolve(false);
    const [begun, changes] = [Math.max(cell.begun, seq), cell.changes + 1];
    this.#set(name, {
      cell: { ...cell, value, asOf, seq, seenMark, begun, changes, failure: null },
      ownValue: true,
      ownFailure: false,
      marksSet: this.#marksSetOn(name),
    });
    return Promise.resolve(true);
  }

  fail(name: CellName, lease: Lease, problem: WalkProblem): Promise<void> {
    const kept = this.#get(name);
    this.#release(name, lease);
    const { seq, mark: seenMark } = lease;
    if (seq < kept.cell.seq) return Promise.resolve();
    const [begun, changes] = [Math.max(kept.cell.begun, seq), kept.cell.changes + 1];
    const failure = { ...problem, at: this.now(), seq, seenMark };
    this.#set(name, { ...kept, cell: { ...kept.cell, begun, changes, failure }, ownFailure: true });
    return Promise.resolve();
  }

  mark(connection: string): Promise<void> {
    this.#marksSet.set(connection, (this.#marksSet.get(connection) ?? 0) + 1);
    this.#revision += 1;
    return Promise.resolve();
  }

  now(): number {
    return this.#clock();
  }

  revision(): Promise<string> {
    return Promise.resolve(`memory-${this.#revision}`);
  }

  /**
   * Takes over what Redis says, to go on from there when it is away, and gives what counts: what was walked here
   * meanwhile does, until Redis has something newer.
   */
  takeOver(name: CellName, cell: Cell): Cell {
    this.#marks.set(name.connection, cell.mark);
    const kept = this.#get(name);
    const ownValue = kept.ownValue && kept.cell.asOf > cell.asOf;
    const { value, asOf, seq, seenMark } = ownValue ? kept.cell : cell;
    const own = kept.ownFailure ? kept.cell.failure : null;
    const ownFailure = own !== null && own.at > Math.max(asOf, cell.failure?.at ?? 0);
    const failure = ownFailure ? own : ownValue ? null : cell.failure;
    const walksHere = ownValue || ownFailure || this.#leases.has(idOf(name));
    const { begun, begunAt } = walksHere && kept.cell.begun > cell.begun ? kept.cell : cell;
    const merged = { ...cell, value, asOf, seq, seenMark, failure, begun, begunAt };
    const marksSet = ownValue ? kept.marksSet : this.#marksSetOn(name);
    this.#set(name, { cell: merged, ownValue, ownFailure, marksSet });
    return merged;
  }

  #get(name: CellName): Kept {
    const kept = this.#cells.get(idOf(name));
    const mark = this.#marks.get(name.connection) ?? 0;
    const marksSet = this.#marksSetOn(name);
    if (kept === undefined)
      return { cell: { ...emptyCell, mark }, ownValue: false, ownFailure: false, marksSet };
    const seenMark = kept.marksSet === marksSet ? kept.cell.seenMark : outdated;
    return { ...kept, cell: { ...kept.cell, mark, seenMark } };
  }

  #set(name: CellName, kept: Kept): void {
    this.#cells.set(idOf(name), kept);
    this.#revision += 1;
  }

  #marksSetOn({ connection }: CellName): number {
    return this.#marksSet.get(connection) ?? 0;
  }

  #release(name: CellName, lease: Lease): void {
    if (this.holds(name, lease)) this.#leases.delete(idOf(name));
  }
}

function idOf({ connection, what }: CellName): string {
  return `${connection}\n${what}`;
}
