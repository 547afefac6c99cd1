import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import type { Cell, CellName, CellStore, Lease, WalkProblem } from './cell.ts';
import { type Demand, type FreshnessPolicy, judge } from './freshness.ts';
import { within } from './within.ts';

/** Something that can be read from an upstream into a cell. */
export interface Walkable {
  readonly name: CellName;
  readonly policy: FreshnessPolicy;
  /** For one walk, in ms. */
  readonly timeoutMs: number;
  /** Reads the upstream and gives what the cell is to hold. */
  readonly walk: (signal: AbortSignal, lease: Lease) => Promise<Buffer>;
}

/** A cell, and the store's time when it was read, in ms since 1970. */
export interface Reading {
  readonly cell: Cell;
  readonly now: number;
}

const leaseMs = 10_000;
const renewEveryMs = 3_000;
/** How often a process looks whether another one's walk is done. */
const pollMs = 40;
/** Forced walks of one cell start this far apart at least. */
const forcedApartMs = 1_000;
/** After a failed walk nobody but a forced call tries again for so long. */
const failureHoldMs = 3_000;

/**
 * Reads upstreams into cells: one walk of a cell at a time across all processes, however many ask. Walks belong to
 * nobody: a caller that gives up leaves them running, and their result lands in the cell.
 */
export class Walks {
  readonly #store: CellStore;
  readonly #log: Log;
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(store: CellStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** The cell once it is good enough for the demand, a walk for it has failed, or `untilMs` (of Date.now) is over. */
  async settle(
    target: Walkable,
    demand: Demand,
    first: Reading,
    untilMs: number,
  ): Promise<Reading> {
    const begunBefore = first.cell.begun;
    for (let reading = first; ;) {
      const { cell, now } = reading;
      const isAnswer =
        cell.seq > begunBefore || judge(cell, now, target.policy, demand) === 'fresh';
      const leftMs = untilMs - Date.now();
      if (isAnswer || hasFailed(cell, now, begunBefore, demand) || leftMs <= 0) return reading;
      const walked = await within(this.#join(target, demand.forced), leftMs);
      if (walked === false) await sleep(Math.min(pollMs, Math.max(untilMs - Date.now(), 1)));
      reading = await this.#read(target.name);
    }
  }

  /** Lets a walk run behind, unless one runs already or has just failed. */
  behind(target: Walkable, { cell, now }: Reading): void {
    if (cell.failure !== null && now - cell.failure.at < failureHoldMs) return;
    void this.#join(target, false);
  }

  /** Waits for the walks of this process that still run. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #read(name: CellName): Promise<Reading> {
    const { cells, now } = await this.#store.read([name]);
    const [cell] = cells;
    if (cell === undefined)
      throw new Error('a store answers with as many cells as it was asked for');
    return { cell, now };
  }

  /** Joins this process's walk, or starts one; false when another process has the lease. */
  #join(target: Walkable, forced: boolean): Promise<boolean> {
    const id = `${target.name.connection}\n${target.name.what}`;
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const started = this.#start(target, forced).finally(() => this.#running.delete(id));
    this.#running.set(id, started);
    return started;
  }

  async #start(target: Walkable, forced: boolean): Promise<boolean> {
    try {
      const lease = await this.#store.begin(target.name, leaseMs, forced ? forcedApartMs : 0);
      if (lease === null) return false;
      await this.#walk(target, lease);
    } catch (error) {
      this.#log.error({ err: error, ...target.name }, 'A walk could not be kept');
    }
    return true;
  }

  async #walk(target: Walkable, lease: Lease): Promise<void> {
    const { name, policy } = target;
    const keepMs = policy.ttl + Math.max(policy.staleIfError, policy.staleWhileRevalidate);
    const lost = new AbortController();
    const heartbeat = setInterval(() => {
      void this.#store.renew(name, lease, leaseMs).then((held) => {
        if (!held) lost.abort(new Error('another process walks this meanwhile'));
      });
    }, renewEveryMs);
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(target.timeoutMs), lost.signal]);
      const value = await target.walk(signal, lease);
      await this.#store.commit(name, lease, value, keepMs);
    } catch (error) {
      await this.#store.fail(name, lease, this.#problemOf(error, name), keepMs);
    } finally {
      clearInterval(heartbeat);
    }
  }

  #problemOf(error: unknown, name: CellName): WalkProblem {
    if (error instanceof GatewayError) {
      this.#log.warn(
        { ...name, code: error.code, reason: error.message },
        'An upstream could not be read',
      );
      return { code: error.code, detail: error.message, upstream: error.details.upstream ?? null };
    }
    this.#log.error({ ...name, err: error }, 'Reading an upstream failed in the gateway itself');
    return {
      code: 'internal',
      detail: 'The gateway failed while it read the platform; its log says why.',
      upstream: null,
    };
  }
}

/** Whether a walk has failed that answers this call: one that began after it, or one so recent that it stands for it. */
function hasFailed(cell: Cell, now: number, begunBefore: number, demand: Demand): boolean {
  const { failure } = cell;
  if (failure === null) return false;
  if (failure.seq > begunBefore) return true;
  return !demand.forced && failure.seq === cell.begun && now - failure.at < failureHoldMs;
}
