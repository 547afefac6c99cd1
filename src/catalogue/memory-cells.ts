import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  type Cell,
  type CellName,
  type CellStore,
  emptyCell,
  type Lease,
  type WalkProblem,
} from './cell.ts';

const cellsKept = 20_000;
const bytesKept = 64 * 1_024 ** 2;
const overheadBytes = 256;

/** Cells of one process: what it goes on with while Redis is away. */
export class MemoryCells implements CellStore {
  readonly #cells = new LRUCache<string, Cell>({
    max: cellsKept,
    maxSize: bytesKept,
    sizeCalculation: (cell) => (cell.value?.length ?? 0) + overheadBytes,
  });
  readonly #leases = new Map<string, { readonly token: string; until: number }>();
  readonly #marks = new Map<string, number>();
  #revision = 0;

  read(names: readonly CellName[]): Promise<{ cells: readonly Cell[]; now: number }> {
    return Promise.resolve({ cells: names.map((name) => this.#get(name)), now: Date.now() });
  }

  begin(name: CellName, leaseMs: number, apartMs: number): Promise<Lease | null> {
    const [id, now, cell] = [idOf(name), Date.now(), this.#get(name)];
    if ((this.#leases.get(id)?.until ?? 0) > now || now - cell.begunAt < apartMs)
      return Promise.resolve(null);
    const lease = { token: randomUUID(), seq: cell.begun + 1, mark: cell.mark, at: now };
    this.#leases.set(id, { token: lease.token, until: now + leaseMs });
    this.#set(name, { ...cell, begun: lease.seq, begunAt: now });
    return Promise.resolve(lease);
  }

  renew(name: CellName, lease: Lease, leaseMs: number): Promise<boolean> {
    const held = this.#leases.get(idOf(name));
    if (held?.token !== lease.token) return Promise.resolve(false);
    held.until = Date.now() + leaseMs;
    return Promise.resolve(true);
  }

  /** The lease may stem from Redis: what counts here is that nothing newer is kept. */
  commit(name: CellName, lease: Lease, value: Buffer): Promise<boolean> {
    const cell = this.#get(name);
    if (lease.seq < cell.seq) return Promise.resolve(false);
    const { seq, mark: seenMark, at: asOf } = lease;
    this.#set(name, { ...cell, value, asOf, seq, seenMark, failure: null });
    this.#release(name, lease);
    return Promise.resolve(true);
  }

  fail(name: CellName, lease: Lease, problem: WalkProblem): Promise<void> {
    const cell = this.#get(name);
    const failure = { ...problem, at: Date.now(), seq: lease.seq };
    if (lease.seq > cell.seq) this.#set(name, { ...cell, failure });
    this.#release(name, lease);
    return Promise.resolve();
  }

  mark(connection: string): Promise<void> {
    this.#marks.set(connection, (this.#marks.get(connection) ?? 0) + 1);
    this.#revision += 1;
    return Promise.resolve();
  }

  now(): number {
    return Date.now();
  }

  revision(): Promise<string> {
    return Promise.resolve(`memory-${this.#revision}`);
  }

  /** Takes over what Redis last said, to go on from there when it is away. */
  remember(name: CellName, cell: Cell): void {
    this.#marks.set(name.connection, Math.max(cell.mark, this.#marks.get(name.connection) ?? 0));
    this.#set(name, cell);
  }

  #get(name: CellName): Cell {
    const cell = this.#cells.get(idOf(name)) ?? emptyCell;
    return { ...cell, mark: this.#marks.get(name.connection) ?? 0 };
  }

  #set(name: CellName, cell: Cell): void {
    this.#cells.set(idOf(name), cell);
    this.#revision += 1;
  }

  #release(name: CellName, lease: Lease): void {
    if (this.#leases.get(idOf(name))?.token === lease.token) this.#leases.delete(idOf(name));
  }
}

function idOf({ connection, what }: CellName): string {
  return `${connection}\n${what}`;
}
