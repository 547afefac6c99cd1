import type { ProblemCode, UpstreamFailure } from '../domain/errors.ts';

/** Why a walk failed. */
export interface WalkProblem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly upstream: UpstreamFailure | null;
  /** After which the upstream wants to be asked again, in ms from the failure; null where it did not say. */
  readonly retryAfterMs: number | null;
}

/** The last try that brought no new value. */
export interface CellFailure extends WalkProblem {
  /** In ms since 1970, by the clock of the store. */
  readonly at: number;
  /** Which walk it was. */
  readonly seq: number;
  /** The connection's mark when that walk began. */
  readonly seenMark: number;
}

/**
 * What is kept of one thing that is read from an upstream: a connection's list, one process, its versions.
 * Walks are numbered, so that "began after" needs no clocks that agree.
 */
export interface Cell {
  readonly value: Buffer | null;
  /** When the walk began that brought the value, in ms since 1970. */
  readonly asOf: number;
  /** Number of that walk; 0 when there was none. */
  readonly seq: number;
  /** The connection's mark when that walk began. */
  readonly seenMark: number;
  /** The connection's mark now: it rises with every write. */
  readonly mark: number;
  /** Number of the newest walk that has begun. */
  readonly begun: number;
  /** When that one began, in ms since 1970. */
  readonly begunAt: number;
  /** How often a walk of it has begun or ended. */
  readonly changes: number;
  readonly failure: CellFailure | null;
}

/** A cell that nobody has read yet. */
export const emptyCell: Cell = {
  value: null,
  asOf: 0,
  seq: 0,
  seenMark: 0,
  mark: 0,
  begun: 0,
  begunAt: 0,
  changes: 0,
  failure: null,
};

/** Names a cell: the connection it belongs to, and what it keeps of it. */
export interface CellName {
  readonly connection: string;
  /** `list`, or what is read and its key. */
  readonly what: string;
}

/** Names the cell of a connection's list. */
export function listOf(connection: string): CellName {
  return { connection, what: 'list' };
}

/** Cells, and what time the store had when it read them, in ms since 1970. */
export interface Readings {
  readonly cells: readonly Cell[];
  readonly now: number;
}

/** The right to walk, given to one process at a time. */
export interface Lease {
  readonly token: string;
  readonly seq: number;
  readonly mark: number;
  /** When the walk began, by the clock of the store, in ms since 1970. */
  readonly at: number;
}

/** On which terms a lease is asked for. */
export interface LeaseTerms {
  /** How long it lives unless it is renewed. */
  readonly leaseMs: number;
  /** How long ago the last walk must have begun at least. */
  readonly apartMs: number;
  /** The `changes` that the asker has seen: when there are others, there may be nothing left to walk for. */
  readonly seen: number;
}

/** Where cells are kept. */
export interface CellStore {
  read(names: readonly CellName[]): Promise<Readings>;
  /** Asks for the lease of a walk; null while another holds it, or when the terms are not met. */
  begin(name: CellName, terms: LeaseTerms): Promise<Lease | null>;
  /** Keeps the lease alive; false when it is lost. */
  renew(name: CellName, lease: Lease, leaseMs: number): Promise<boolean>;
  /** Stores what a walk brought, unless its lease was lost; says whether it did. */
  commit(name: CellName, lease: Lease, value: Buffer, keepMs: number): Promise<boolean>;
  /** Stores that a walk failed, and ends its lease. */
  fail(name: CellName, lease: Lease, problem: WalkProblem): Promise<void>;
  /** Raises a connection's mark: what was walked before is no longer fresh, on any replica. */
  mark(connection: string): Promise<void>;
  /** The store's time as this process knows it, in ms since 1970. */
  now(): number;
  /** A word that changes whenever a list's cell or a mark does. */
  revision(): Promise<string>;
}
