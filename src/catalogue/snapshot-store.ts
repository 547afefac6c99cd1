import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { StoreUnavailableError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { Snapshot } from './snapshot.ts';

/** What a list's cell holds: which snapshot, and how large it is. */
export interface SnapshotPointer {
  readonly snapshot: string;
  readonly count: number;
  readonly bytes: number;
}

/** A snapshot that nothing pins goes after so long, in ms. */
const supersededMs = 60_000;
const batchBytes = 4 * 1_024 ** 2;

const supersede = `
  local pinned = tonumber(redis.call('HGET', KEYS[1], 'pinnedUntil') or '0')
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  return redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[1]), pinned - now))`;

const pin = `
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'pinnedUntil', now + tonumber(ARGV[1]))
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return 1`;

/** Snapshots in Redis, each a hash of chunks, and in this process's memory as far as it reaches. */
export class SnapshotStore {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #maxBytes: number;
  readonly #log: Log;
  readonly #memory: LRUCache<string, Snapshot>;
  readonly #loading = new Map<string, Promise<Snapshot | null>>();

  constructor(
    redis: Redis,
    options: { prefix: string; maxBytes: number; memoryBytes: number; log: Log },
  ) {
    this.#redis = redis;
    this.#prefix = `${options.prefix}:catalogue`;
    this.#maxBytes = options.maxBytes;
    this.#log = options.log;
    this.#memory = new LRUCache({
      maxSize: Math.max(options.memoryBytes, 1),
      sizeCalculation: (snapshot) => Math.max(snapshot.bytes * 2, 1),
    });
  }

  /**
   * Keeps a snapshot for `keepMs`. While Redis is away it stays in memory only.
   * @throws StoreUnavailableError when all current snapshots together would pass the limit
   */
  async put(snapshot: Snapshot, keepMs: number): Promise<SnapshotPointer> {
    this.#memory.set(snapshot.id, snapshot);
    try {
      await this.#makeRoom(snapshot);
      const key = this.#key(snapshot.connection, snapshot.id);
      if ((await this.#redis.hget(key, 'count')) === null) await this.#write(key, snapshot);
      await this.#redis.pexpire(key, keepMs);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      this.#log.warn(
        { connection: snapshot.connection, reason: String(error) },
        'A snapshot stays in memory: Redis failed',
      );
    }
    return { snapshot: snapshot.id, count: snapshot.size, bytes: snapshot.bytes };
  }

  /** A snapshot by its id; null when it is gone. */
  async get(connection: string, platform: string, id: string): Promise<Snapshot | null> {
    const known = this.#memory.get(id);
    if (known !== undefined) return known;
    const loading =
      this.#loading.get(id) ??
      this.#load(connection, platform, id).finally(() => this.#loading.delete(id));
    this.#loading.set(id, loading);
    return loading;
  }

  /** Keeps a snapshot for at least `ms` from now, though another takes its place. */
  async pin(connection: string, id: string, ms: number): Promise<void> {
    await this.#expire(pin, connection, id, ms);
  }

  /** Another snapshot has taken its place: it goes when nothing pins it. */
  async supersede(connection: string, id: string): Promise<void> {
    await this.#expire(supersede, connection, id, supersededMs);
  }

  /** While Redis is away a snapshot lives in memory, and there is nothing to keep or to let go. */
  async #expire(script: string, connection: string, id: string, ms: number): Promise<void> {
    try {
      await this.#redis.eval(script, 1, this.#key(connection, id), ms);
    } catch (error) {
      this.#log.warn(
        { connection, reason: String(error) },
        'A snapshot keeps its expiry: Redis failed',
      );
    }
  }

  async #makeRoom(snapshot: Snapshot): Promise<void> {
    const key = `${this.#prefix}:sizes`;
    const sizes = Object.entries(await this.#redis.hgetall(key));
    const others = sizes.filter(([connection]) => connection !== snapshot.connection);
    const sum = others.reduce((total, [, bytes]) => total + Number(bytes), snapshot.bytes);
    if (sum > this.#maxBytes) {
      throw new StoreUnavailableError(
        `The list of ${snapshot.connection} takes ${snapshot.bytes} bytes; with it all lists would take ${sum}, more than catalogue.maxBytes (${this.#maxBytes}).`,
        { connection: snapshot.connection, platform: snapshot.platform },
      );
    }
    await this.#redis.hset(key, snapshot.connection, snapshot.bytes);
  }

  /** In batches, so that no command holds Redis up; `count` comes last and says that the snapshot is whole. */
  async #write(key: string, snapshot: Snapshot): Promise<void> {
    let batch: (string | Buffer)[] = [];
    let size = 0;
    for (const [index, chunk] of snapshot.chunks.entries()) {
      batch.push(String(index), chunk);
      size += chunk.length;
      if (size < batchBytes) continue;
      await this.#redis.hset(key, ...batch);
      [batch, size] = [[], 0];
    }
    await this.#redis.hset(key, ...batch, 'chunks', snapshot.chunks.length, 'count', snapshot.size);
  }

  async #load(connection: string, platform: string, id: string): Promise<Snapshot | null> {
    const key = this.#key(connection, id);
    try {
      const [chunks, count] = await this.#redis.hmget(key, 'chunks', 'count');
      if (chunks === null || chunks === undefined || count === null) return null;
      const parts: Buffer[] = [];
      for (let index = 0; index < Number(chunks); index += 1) {
        const chunk = await this.#redis.hgetBuffer(key, String(index));
        if (chunk === null) return null;
        parts.push(chunk);
      }
      const snapshot = Snapshot.from(connection, platform, parts);
      this.#memory.set(id, snapshot);
      return snapshot;
    } catch (error) {
      this.#log.warn(
        { connection, reason: String(error) },
        'A snapshot could not be loaded from Redis',
      );
      return null;
    }
  }

  #key(connection: string, id: string): string {
    return `${this.#prefix}:{${connection}}:snapshot:${id}`;
  }
}
