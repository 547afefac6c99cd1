import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { StoreUnavailableError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { listOf } from './cell.ts';
import { CatalogueKeys } from './keys.ts';
import { Snapshot } from './snapshot.ts';
import { pinScript, supersedeScript } from './snapshot-scripts.ts';
import { SnapshotSizes } from './snapshot-sizes.ts';

/** What a list's cell holds: which snapshot, and how large it is. */
export interface SnapshotPointer {
  readonly snapshot: string;
  readonly count: number;
  readonly bytes: number;
}

/** The Redis of snapshots, and whether it makes sense to ask it now. */
export interface SnapshotRedis {
  readonly commands: Redis;
  /** For large values, with more patience. */
  readonly bulk: Redis;
  readonly reach: { readonly reachable: boolean };
}

/** A snapshot that nothing pins goes after so long, in ms. */
const supersededMs = 60_000;
const batchBytes = 4 * 1_024 ** 2;

/** Snapshots in Redis, each a hash of chunks, and in this process's memory as far as it reaches. */
export class SnapshotStore {
  readonly #redis: SnapshotRedis;
  readonly #keys: CatalogueKeys;
  readonly #sizes: SnapshotSizes;
  readonly #maxBytes: number;
  readonly #log: Log;
  readonly #memory: LRUCache<string, Snapshot>;
  readonly #loading = new Map<string, Promise<Snapshot | null>>();

  constructor(
    redis: SnapshotRedis,
    options: { prefix: string; maxBytes: number; memoryBytes: number; log: Log },
  ) {
    this.#redis = redis;
    this.#keys = new CatalogueKeys(options.prefix);
    this.#sizes = new SnapshotSizes(redis.commands, this.#keys.sizes, options.maxBytes);
    this.#maxBytes = options.maxBytes;
    this.#log = options.log;
    this.#memory = new LRUCache({
      maxSize: Math.max(options.memoryBytes, 1),
      sizeCalculation: (snapshot) => Math.max(snapshot.bytes * 2, 1),
    });
  }

  /**
   * Keeps a snapshot for `keepMs`, in the place of the one called `replaces`. While Redis is away it stays in memory.
   * @throws StoreUnavailableError when all snapshots together would pass the limit
   */
  async put(snapshot: Snapshot, keepMs: number, replaces: string | null): Promise<SnapshotPointer> {
    const { connection, id, size: count, bytes } = snapshot;
    try {
      const reservation = {
        field: fieldOf(connection, id),
        bytes,
        keepMs,
        replaces: replaces === null ? null : fieldOf(connection, replaces),
      };
      const tooMuch = this.#redis.reach.reachable ? await this.#sizes.reserve(reservation) : null;
      if (tooMuch !== null) throw this.#refusal(snapshot, tooMuch);
      if (this.#redis.reach.reachable) await this.#store(snapshot, keepMs);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      this.#warn(connection, error, 'A snapshot stays in memory: Redis failed');
    }
    this.#memory.set(fieldOf(connection, id), snapshot);
    return { snapshot: id, count, bytes };
  }

  /** A snapshot that this process has in memory; null when it has not. */
  held(connection: string, id: string): Snapshot | null {
    return this.#memory.get(fieldOf(connection, id)) ?? null;
  }

  /** A snapshot by its id; null when it is gone. */
  async get(connection: string, platform: string, id: string): Promise<Snapshot | null> {
    const field = fieldOf(connection, id);
    const known = this.#memory.get(field);
    if (known !== undefined) return known;
    const loading =
      this.#loading.get(field) ??
      this.#load(connection, platform, id).finally(() => this.#loading.delete(field));
    this.#loading.set(field, loading);
    return loading;
  }

  /** Keeps a snapshot for at least `ms` from now, though another takes its place. */
  async pin(connection: string, id: string, ms: number): Promise<void> {
    await this.#expire(pinScript, connection, id, ms);
  }

  /** Another snapshot has taken its place: it goes when nothing pins it. One that the list's cell names stays. */
  async supersede(connection: string, id: string): Promise<void> {
    await this.#expire(supersedeScript, connection, id, supersededMs);
  }

  /** While Redis is away a snapshot lives in memory, and there is nothing to keep or to let go. */
  async #expire(script: string, connection: string, id: string, ms: number): Promise<void> {
    if (!this.#redis.reach.reachable) return;
    const keys = [this.#keys.snapshot(connection, id), this.#keys.cell(listOf(connection))];
    try {
      const leftMs = await this.#redis.commands.eval(script, 2, ...keys, Math.ceil(ms), id);
      if (Number(leftMs) > 0) await this.#sizes.keep(fieldOf(connection, id), Number(leftMs));
    } catch (error) {
      this.#warn(connection, error, 'A snapshot keeps its expiry: Redis failed');
    }
  }

  /** A snapshot is whole once it says its `count`; what was begun and never finished expires like all others. */
  async #store(snapshot: Snapshot, keepMs: number): Promise<void> {
    const key = this.#keys.snapshot(snapshot.connection, snapshot.id);
    const { commands } = this.#redis;
    const isThere = (await commands.pexpire(key, keepMs)) === 1;
    if (isThere && (await commands.hexists(key, 'count')) === 1) return;
    for (const batch of batchesOf(snapshot)) {
      const transaction = this.#redis.bulk
        .multi()
        .hset(key, ...batch)
        .pexpire(key, keepMs);
      for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
    }
  }

  async #load(connection: string, platform: string, id: string): Promise<Snapshot | null> {
    if (!this.#redis.reach.reachable) return null;
    const key = this.#keys.snapshot(connection, id);
    try {
      const [chunks, count] = await this.#redis.commands.hmget(key, 'chunks', 'count');
      if (typeof chunks !== 'string' || typeof count !== 'string') return null;
      const parts: Buffer[] = [];
      for (let index = 0; index < Number(chunks); index += 1) {
        const chunk = await this.#redis.bulk.hgetBuffer(key, String(index));
        if (chunk === null) return null;
        parts.push(chunk);
      }
      const snapshot = Snapshot.from(connection, platform, parts);
      if (snapshot.id !== id) return null;
      this.#memory.set(fieldOf(connection, id), snapshot);
      return snapshot;
    } catch (error) {
      this.#warn(connection, error, 'A snapshot could not be loaded from Redis');
      return null;
    }
  }

  #refusal({ connection, platform, bytes }: Snapshot, sum: number): StoreUnavailableError {
    return new StoreUnavailableError(
      `The list of ${connection} takes ${bytes} bytes; with it all lists would take ${sum}, more than catalogue.maxBytes (${this.#maxBytes}).`,
      { connection, platform },
    );
  }

  #warn(connection: string, error: unknown, message: string): void {
    this.#log.warn({ connection, reason: String(error) }, message);
  }
}

/** Chunks by number in batches, so that no command holds Redis up; the last one says that the snapshot is whole. */
function* batchesOf({ chunks, size: count }: Snapshot): Generator<(string | number | Buffer)[]> {
  let batch: (string | number | Buffer)[] = [];
  let bytes = 0;
  for (const [index, chunk] of chunks.entries()) {
    batch.push(String(index), chunk);
    bytes += chunk.length;
    if (bytes < batchBytes) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  yield [...batch, 'chunks', chunks.length, 'count', count];
}

function fieldOf(connection: string, id: string): string {
  return `${connection}/${id}`;
}
