import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import {
  type Cell,
  type CellFailure,
  type CellName,
  type CellStore,
  emptyCell,
  type Lease,
  type WalkProblem,
} from './cell.ts';

const begin = `
  if redis.call('EXISTS', KEYS[2]) == 1 then return false end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local last = tonumber(redis.call('HGET', KEYS[1], 'begunAt') or '0')
  if now - last < tonumber(ARGV[3]) then return false end
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  local seq = redis.call('HINCRBY', KEYS[1], 'begun', 1)
  redis.call('HSET', KEYS[1], 'begunAt', now)
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
  return { seq, tonumber(redis.call('GET', KEYS[3]) or '0'), now }`;

const renew = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const commit = `
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  redis.call('HSET', KEYS[1], 'value', ARGV[2], 'asOf', ARGV[3], 'seq', ARGV[4], 'seenMark', ARGV[5])
  redis.call('HDEL', KEYS[1], 'failure', 'failedAt')
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  redis.call('DEL', KEYS[2])
  return 1`;

const fail = `
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  local time = redis.call('TIME')
  local at = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'failure', ARGV[2], 'failedAt', at)
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
  redis.call('DEL', KEYS[2])
  return 1`;

const fields = [
  'value',
  'asOf',
  'seq',
  'seenMark',
  'begun',
  'begunAt',
  'failure',
  'failedAt',
] as const;
/** How long a cell is kept that only has counters, in ms. */
const countersKeepMs = 3_600_000;

/** Cells in Redis. All keys of a connection share a hash tag, so that every script touches one slot. */
export class RedisCells implements CellStore {
  readonly #redis: Redis;
  readonly #prefix: string;
  /** How far the clock of Redis is ahead of this process's, in ms. */
  #aheadMs = 0;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = `${prefix}:catalogue`;
  }

  async read(names: readonly CellName[]): Promise<{ cells: readonly Cell[]; now: number }> {
    const pipeline = this.#redis.pipeline();
    for (const name of names) {
      pipeline.hmgetBuffer(this.#cell(name), ...fields);
      pipeline.get(this.#mark(name.connection));
    }
    pipeline.time();
    const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    });
    const cells = names.map((_, index) =>
      cellOf(replies[index * 2] as (Buffer | null)[], replies[index * 2 + 1] as string | null),
    );
    const [seconds, micros] = replies.at(-1) as [string, string];
    const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    this.#aheadMs = now - Date.now();
    return { cells, now };
  }

  async begin(name: CellName, leaseMs: number, apartMs: number): Promise<Lease | null> {
    const token = randomUUID();
    const keys = [this.#cell(name), this.#lease(name), this.#mark(name.connection)];
    const reply = await this.#redis.eval(
      begin,
      3,
      ...keys,
      token,
      leaseMs,
      apartMs,
      countersKeepMs,
    );
    if (reply === null) return null;
    const [seq, mark, at] = reply as [number, number, number];
    return { token, seq, mark, at };
  }

  async renew(name: CellName, lease: Lease, leaseMs: number): Promise<boolean> {
    return (await this.#redis.eval(renew, 1, this.#lease(name), lease.token, leaseMs)) === 1;
  }

  async commit(name: CellName, lease: Lease, value: Buffer, keepMs: number): Promise<boolean> {
    const keys = [this.#cell(name), this.#lease(name)];
    const args = [lease.token, value, lease.at, lease.seq, lease.mark, keepMs];
    const stored = (await this.#redis.eval(commit, 2, ...keys, ...args)) === 1;
    await this.#changed(name);
    return stored;
  }

  async fail(name: CellName, lease: Lease, problem: WalkProblem, keepMs: number): Promise<void> {
    const keys = [this.#cell(name), this.#lease(name)];
    const failure = JSON.stringify({ ...problem, seq: lease.seq });
    const args = [lease.token, failure, Math.max(keepMs, countersKeepMs)];
    await this.#redis.eval(fail, 2, ...keys, ...args);
    await this.#changed(name);
  }

  async mark(connection: string): Promise<void> {
    await this.#redis.incr(this.#mark(connection));
    await this.#redis.incr(this.#revision());
  }

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  async revision(): Promise<string> {
    return (await this.#redis.get(this.#revision())) ?? '0';
  }

  /** Only what lists are made of counts: single reads are looked up each time. */
  async #changed(name: CellName): Promise<void> {
    if (name.what === 'list') await this.#redis.incr(this.#revision());
  }

  #cell({ connection, what }: CellName): string {
    return `${this.#prefix}:{${connection}}:cell:${what}`;
  }

  #lease(name: CellName): string {
    return `${this.#cell(name)}:lease`;
  }

  #mark(connection: string): string {
    return `${this.#prefix}:{${connection}}:mark`;
  }

  #revision(): string {
    return `${this.#prefix}:revision`;
  }
}

function cellOf(reply: readonly (Buffer | null)[], mark: string | null): Cell {
  const [value = null, asOf, seq, seenMark, begun, begunAt, failure, failedAt] = reply;
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
    failure: failureOf(failure ?? null, number(failedAt)),
  };
}

function failureOf(stored: Buffer | null, at: number): CellFailure | null {
  if (stored === null) return null;
  return { ...(JSON.parse(stored.toString()) as Omit<CellFailure, 'at'>), at };
}
