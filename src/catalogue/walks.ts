import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { within } from '../timing/within.ts';
import type { Cell, CellName, CellStore } from './cell.ts';
import { between, type Demand, type FreshnessPolicy, isPressing, judge } from './freshness.ts';
import {
  defaultTiming,
  type Reading,
  type Settled,
  type Walkable,
  type WalkTiming,
} from './walkable.ts';
import { Walker } from './walker.ts';

/**
 * Reads upstreams into cells: one walk of a cell at a time across all processes, however many ask. Walks belong to
 * nobody: a caller that gives up leaves them running, and their result lands in the cell.
 */
export class Walks {
  readonly #store: CellStore;
  readonly #log: Log;
  readonly #timing: WalkTiming;
  readonly #walker: Walker;
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(store: CellStore, log: Log, timing: WalkTiming = defaultTiming) {
    this.#store = store;
    this.#log = log;
    this.#timing = timing;
    this.#walker = new Walker(store, log, timing);
  }

  /** The cell once it is good enough for the demand, a walk for it has failed, or `untilMs` (of Date.now) is over. */
  async settle(
    target: Walkable,
    demand: Demand,
    first: Reading,
    untilMs: number,
  ): Promise<Settled> {
    let begunBefore = first.cell.begun;
    for (let [reading, turn] = [first, 0]; ; turn += 1) {
      const { cell, now } = reading;
      // A store that was emptied counts anew: only what begins from here on counts then.
      begunBefore = Math.min(begunBefore, cell.begun);
      const outcome = this.#outcomeOf(target.policy, reading, demand, begunBefore);
      if (outcome !== null) return { cell, now, outcome };
      const walking = this.#join(target, cell, isPressing(demand) ? this.#timing.forcedApart : 0);
      const leftMs = untilMs - Date.now();
      if (leftMs <= 0) return { cell, now, outcome: 'late' };
      const walked = await within(walking, leftMs);
      // The first walk may have begun before the call; if the next one does not help either, there is no hurry.
      if (walked === false || turn > 1)
        await sleep(Math.min(this.#timing.poll, Math.max(untilMs - Date.now(), 1)));
      reading = await this.#read(target.name);
    }
  }

  /** Lets a walk run behind, unless one runs already or has just failed. */
  behind(target: Walkable, { cell, now }: Reading): void {
    if (!this.#isHeld(cell, now)) void this.#join(target, cell, 0);
  }

  /** After how many ms asking again may bring more than the failure that is known; null where it may at once, or never. */
  againAfterMs({ cell, now }: Reading): number | null {
    const { failure } = cell;
    if (failure === null) return null;
    const askedMs = (failure.retryAfterMs ?? 0) - between(failure.at, now);
    const leftMs = Math.max(askedMs, isRetryable(failure.code) ? this.#heldMs(cell, now) : 0);
    return leftMs > 0 ? leftMs : null;
  }

  /** Waits for the walks of this process that still run. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #outcomeOf(
    policy: FreshnessPolicy,
    { cell, now }: Reading,
    demand: Demand,
    begunBefore: number,
  ): Settled['outcome'] | null {
    if (cell.value !== null && cell.seq > begunBefore) return 'fresh';
    const freshness = judge(cell, now, policy, demand);
    if (freshness === 'fresh' || freshness === 'stale') return freshness;
    if ((cell.failure?.seq ?? 0) > begunBefore) return 'failed';
    return !demand.forced && this.#isHeld(cell, now) ? 'failed' : null;
  }

  /** For how long the newest walk, which has failed, stands for another try yet, in ms: 0 once something was written since. */
  #heldMs({ failure, begun, mark }: Cell, now: number): number {
    if (failure?.seq !== begun || failure.seenMark !== mark) return 0;
    return Math.max(this.#timing.failureHold - between(failure.at, now), 0);
  }

  #isHeld(cell: Cell, now: number): boolean {
    return this.#heldMs(cell, now) > 0;
  }

  async #read(name: CellName): Promise<Reading> {
    const { cells, now } = await this.#store.read([name]);
    const [cell] = cells;
    if (cell === undefined)
      throw new Error('a store answers with as many cells as it was asked for');
    return { cell, now };
  }

  /** Joins this process's walk, or starts one; false when none may start now or another process walks. */
  #join(target: Walkable, seen: Cell, apartMs: number): Promise<boolean> {
    const id = `${target.name.connection}\n${target.name.what}`;
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const started = this.#start(target, seen, apartMs).finally(() => this.#running.delete(id));
    this.#running.set(id, started);
    return started;
  }

  async #start(target: Walkable, seen: Cell, apartMs: number): Promise<boolean> {
    try {
      const terms = { leaseMs: this.#timing.lease, apartMs, seen: seen.changes };
      const lease = await this.#store.begin(target.name, terms);
      if (lease === null) return false;
      await this.#walker.walk(target, lease);
      return true;
    } catch (error) {
      this.#log.error({ err: error, ...target.name }, 'A walk could not be kept');
      return false;
    }
  }
}
