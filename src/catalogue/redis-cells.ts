import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import {
  type Cell,
  type CellFailure,
  type CellName,
  type CellStore,
  emptyCell,
  type Lease,
  type LeaseTerms,
  listOf,
  type Readings,
  type WalkProblem,
} from './cell.ts';
import { beginScript, commitScript, failScript, renewScript } from './cell-scripts.ts';
import { CatalogueKeys } from './keys.ts';

const fields = [
  'value',
  'asOf',
  'seq',
  'seenMark',
  'begun',
  'begunAt',
  'changes',
  'failure',
  'failedAt',
] as const;
/** How long a cell is kept that only has counters or a failure, in ms. */
const countersKeepMs = 3_600_000;

/** Cells in Redis. */
export class RedisCells implements CellStore {
  readonly #redis: Redis;
  readonly #keys: CatalogueKeys;
  readonly #maxReadBytes: number;
  /** How far the clock of Redis is ahead of this process's, in ms. */
  #aheadMs = 0;

  /** Single reads of one connection take no more than `maxReadBytes` together. */
  constructor(redis: Redis, prefix: string, maxReadBytes: number) {
    this.#redis = redis;
    this.#keys = new CatalogueKeys(prefix);
    this.#maxReadBytes = maxReadBytes;
  }

  async read(names: readonly CellName[]): Promise<Readings> {
    const pipeline = this.#redis.pipeline();
    for (const name of names) {
      pipeline.hmgetBuffer(this.#keys.cell(name), ...fields);
      pipeline.get(this.#keys.mark(name.connection));
    }
    pipeline.time();
    const sentAt = Date.now();
    const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    });
    const cells = names.map((_, index) =>
      cellOf(replies[index * 2] as (Buffer | null)[], replies[index * 2 + 1] as string | null),
    );
    const [seconds, micros] = replies.at(-1) as [string, string];
    const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    this.#learnClock(now, sentAt);
    return { cells, now };
  }

  async begin(name: CellName, { leaseMs, apartMs, seen }: LeaseTerms): Promise<Lease | null> {
    const token = randomUUID();
    const [cell, lease, ...room] = this.#keysOf(name);
    const keys = [cell, lease, this.#keys.mark(name.connection), ...room];
    const args = [token, leaseMs, apartMs, seen, countersKeepMs, this.#mostBytes(name)];
    const reply = await this.#redis.eval(beginScript, 5, ...keys, ...args);
    if (reply === null) return null;
    const [seq, mark, at] = reply as [number, number, number];
    return { token, seq, mark, at };
  }

  async renew(name: CellName, lease: Lease, leaseMs: number): Promise<boolean> {
    const key = this.#keys.lease(name);
    return (await this.#redis.eval(renewScript, 1, key, lease.token, leaseMs)) === 1;
  }

  async commit(name: CellName, lease: Lease, value: Buffer, keepMs: number): Promise<boolean> {
    const { token, at, seq, mark } = lease;
    const args = [token, value, at, seq, mark, keepMs, this.#mostBytes(name)];
    const stored = (await this.#redis.eval(commitScript, 4, ...this.#keysOf(name), ...args)) === 1;
    await this.#changed(name);
    return stored;
  }

  async fail(name: CellName, lease: Lease, problem: WalkProblem): Promise<void> {
    const { token, seq, mark } = lease;
    const failure = JSON.stringify({ ...problem, seq, seenMark: mark });
    const args = [token, failure, seq, countersKeepMs, this.#mostBytes(name)];
    await this.#redis.eval(failScript, 4, ...this.#keysOf(name), ...args);
    await this.#changed(name);
  }

  async mark(connection: string): Promise<void> {
    await this.#redis.incr(this.#keys.mark(connection));
    await this.#changed(listOf(connection));
  }

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  async revision(): Promise<string> {
    // Where there is none, nobody can say later that it is still the same.
    return (await this.#redis.get(this.#keys.revision)) ?? randomUUID();
  }

  #keysOf(name: CellName): [cell: string, lease: string, ends: string, bytes: string] {
    const { ends, bytes } = this.#keys.reads(name.connection);
    return [this.#keys.cell(name), this.#keys.lease(name), ends, bytes];
  }

  /** What such cells may take together; 0: of a list the cell only names its snapshot, which is counted elsewhere. */
  #mostBytes({ what }: CellName): number {
    return what === 'list' ? 0 : this.#maxReadBytes;
  }

  /**
   * Only what lists are made of counts: single reads are looked up each time. A word of its own each time, not a count:
   * one that begins anew after a flush would come to where it was before.
   */
  async #changed({ what }: CellName): Promise<void> {
    if (what === 'list') await this.#redis.set(this.#keys.revision, randomUUID());
  }

  /** Replies may lie about in a busy process, so a reply only bounds the difference; within it the last one stands. */
  #learnClock(now: number, sentAt: number): void {
    const [least, most] = [now - Date.now(), now - sentAt];
    this.#aheadMs = Math.min(Math.max(this.#aheadMs, least), most);
  }
}

function cellOf(reply: readonly (Buffer | null)[], mark: string | null): Cell {
  const [value = null, asOf, seq, seenMark, begun, begunAt, changes, failure, failedAt] = reply;
  const number = (field: Buffer | null | undefined): number => Number(field?.toString() ?? 0);
  return {
    ...emptyCell,
    value,
    asOf: number(asOf),
    seq: number(seq),
    seenMark: number(seenMark),
    mark: Number(mark ?? 0),
    begun: number(begun),
    begunAt: number(begunAt),
    changes: number(changes),
    failure: failureOf(failure ?? null, number(failedAt)),
  };
}

function failureOf(stored: Buffer | null, at: number): CellFailure | null {
  if (stored === null) return null;
  return { ...(JSON.parse(stored.toString()) as Omit<CellFailure, 'at'>), at };
}
