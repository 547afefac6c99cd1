import type { Cell, CellName } from './cell.ts';
import type { FreshnessPolicy } from './freshness.ts';

/** What a walk has brought. */
export interface Walked {
  readonly value: Buffer;
  /** How long it is kept, in ms. */
  readonly keepMs: number;
  /** Called once it is known whether the cell holds the value; must not reject. */
  readonly landed: (isKept: boolean) => Promise<void>;
}

/** Something that can be read from an upstream into a cell. */
export interface Walkable {
  readonly name: CellName;
  readonly policy: FreshnessPolicy;
  /** For one walk, in ms. */
  readonly timeoutMs: number;
  /** Reads the upstream. */
  readonly walk: (signal: AbortSignal) => Promise<Walked>;
}

/** A cell, and the store's time when it was read, in ms since 1970. */
export interface Reading {
  readonly cell: Cell;
  readonly now: number;
}

/** How a call's wait ended: with a value that is good enough, with a failed walk, or with its time. */
export interface Settled extends Reading {
  readonly outcome: 'fresh' | 'stale' | 'failed' | 'late';
}

/** The times that walks keep, in ms. */
export interface WalkTiming {
  readonly lease: number;
  readonly renewEvery: number;
  /** How often a process looks whether another one's walk is done. */
  readonly poll: number;
  /** Walks of one cell that calls ask for start this far apart at least. */
  readonly forcedApart: number;
  /** After a failed walk nobody but a forced call tries again for so long. */
  readonly failureHold: number;
}

/** The timing of a gateway. */
export const defaultTiming: WalkTiming = {
  lease: 10_000,
  renewEvery: 3_000,
  poll: 40,
  forcedApart: 1_000,
  failureHold: 3_000,
};
