import type { Redis } from 'ioredis';

/** Key: sizes. Arguments: field, bytes, ms to keep, most bytes, field of the snapshot whose place it takes. */
const reserveScript = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local all = redis.call('HGETALL', KEYS[1])
  local sum = tonumber(ARGV[2])
  for i = 1, #all, 2 do
    local bytes, ends = string.match(all[i + 1], '^(%d+):(%d+)$')
    if tonumber(ends) < now then redis.call('HDEL', KEYS[1], all[i])
    elseif all[i] ~= ARGV[1] and all[i] ~= ARGV[5] then sum = sum + tonumber(bytes) end
  end
  if sum > tonumber(ARGV[4]) then return { 0, sum } end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. string.format('%.0f', now + tonumber(ARGV[3])))
  return { 1, sum }`;

/** Key: sizes. Arguments: field, ms that it lives from now. */
const keepScript = `
  local known = redis.call('HGET', KEYS[1], ARGV[1])
  if not known then return 0 end
  local time = redis.call('TIME')
  local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
  redis.call('HSET', KEYS[1], ARGV[1], string.match(known, '^%d+') .. ':' .. string.format('%.0f', ends))
  return 1`;

/** A snapshot that wants to be kept. */
export interface Reservation {
  /** Names the snapshot. */
  readonly field: string;
  readonly bytes: number;
  /** How long it is kept, in ms. */
  readonly keepMs: number;
  /** The snapshot whose place it takes, which does not count; null when there is none. */
  readonly replaces: string | null;
}

/** What snapshots take in Redis, those included that a cursor still pins; how long each lives is noted with it. */
export class SnapshotSizes {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #maxBytes: number;

  constructor(redis: Redis, key: string, maxBytes: number) {
    this.#redis = redis;
    this.#key = key;
    this.#maxBytes = maxBytes;
  }

  /** Makes room for a snapshot; gives the sum that it would be if that passes the limit, else null. */
  async reserve({ field, bytes, keepMs, replaces }: Reservation): Promise<number | null> {
    const args = [field, bytes, keepMs, this.#maxBytes, replaces ?? ''];
    const reply = await this.#redis.eval(reserveScript, 1, this.#key, ...args);
    const [fits, sum] = reply as [number, number];
    return fits === 1 ? null : sum;
  }

  /** A snapshot lives on for `ms` from now. */
  async keep(field: string, ms: number): Promise<void> {
    await this.#redis.eval(keepScript, 1, this.#key, field, ms);
  }
}
