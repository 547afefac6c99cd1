import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { listOf } from '../../src/catalogue/cell.ts';
import { CursorSeal } from '../../src/catalogue/cursor.ts';
import { sharedCursorKey } from '../../src/catalogue/cursor-key.ts';
import { everything } from '../../src/catalogue/everything.testing.ts';
import {
  defaultPatience,
  FallbackCells,
  type Patience,
} from '../../src/catalogue/fallback-cells.ts';
import { demandOf } from '../../src/catalogue/freshness.ts';
import { CatalogueKeys } from '../../src/catalogue/keys.ts';
import type { ListCall } from '../../src/catalogue/list-call.ts';
import { memoryShare } from '../../src/catalogue/memory-shares.ts';
import { Pages } from '../../src/catalogue/pages.ts';
import type { ProcessQuery } from '../../src/catalogue/process-query.ts';
import { ReadCache } from '../../src/catalogue/read-cache.ts';
import { ReadyAnswers } from '../../src/catalogue/ready-answers.ts';
import { RedisCells } from '../../src/catalogue/redis-cells.ts';
import { SnapshotStore } from '../../src/catalogue/snapshot-store.ts';
import type { CatalogueSource } from '../../src/catalogue/source.ts';
import { Sources } from '../../src/catalogue/sources.ts';
import { Views } from '../../src/catalogue/views.ts';
import { defaultTiming, type WalkTiming } from '../../src/catalogue/walkable.ts';
import { Walks } from '../../src/catalogue/walks.ts';
import { Secret } from '../../src/config/secret.ts';
import type { Process } from '../../src/domain/process.ts';
import type { Source } from '../../src/domain/source.ts';
import { RedisClients } from '../../src/redis/redis.clients.ts';

/** What a replica is made with; the rest is as configured by default. */
export interface ReplicaOptions {
  readonly maxBytes?: number;
  readonly maxReadBytes?: number;
  readonly memoryBytes?: number;
  readonly pinMs?: number;
  readonly deadlineMs?: number;
  readonly timing?: Partial<WalkTiming>;
  readonly patience?: Partial<Patience>;
}

/** How a list is asked for. */
export interface Asking {
  readonly query?: Partial<ProcessQuery>;
  readonly show?: ListCall['show'];
  readonly limit?: number;
  readonly cursor?: string | null;
  readonly cacheControl?: string;
}

/** A list's answer, its body read. */
export interface Listed {
  readonly names: readonly string[];
  readonly data: readonly Process[];
  readonly page: { readonly nextCursor: string | null; readonly total: number | null };
  readonly sources: readonly Source[];
  readonly etag: string;
  readonly complete: boolean;
  readonly forwarded: string | null;
}

const megabyte = 1_024 ** 2;
const silent = pino({ level: 'silent' });

/** The catalogue of one process of the gateway: two on one prefix are two processes. */
export class Replica {
  readonly clients: RedisClients;
  readonly keys: CatalogueKeys;
  readonly cells: FallbackCells;
  readonly walks: Walks;
  readonly snapshots: SnapshotStore;
  readonly views: Views;
  readonly catalogue: Catalogue;
  readonly reads: ReadCache;
  readonly seal: CursorSeal;
  #isDead = false;

  private constructor(
    prefix: string,
    sources: readonly CatalogueSource[],
    options: ReplicaOptions,
    clients: RedisClients,
    seal: CursorSeal,
  ) {
    const { maxBytes = 512 * megabyte, memoryBytes = 256 * megabyte } = options;
    const { maxReadBytes = 64 * megabyte } = options;
    this.clients = clients;
    this.keys = new CatalogueKeys(prefix);
    const { catalogue: commands, bulk } = this.clients;
    this.seal = seal;
    const patience = { ...defaultPatience, ...options.patience };
    this.cells = new FallbackCells(
      new RedisCells(commands, prefix, maxReadBytes),
      silent,
      patience,
    );
    this.walks = new Walks(this.cells, silent, { ...defaultTiming, ...options.timing });
    this.snapshots = new SnapshotStore(
      { commands, bulk, reach: this.cells },
      { prefix, maxBytes, memoryBytes: memoryShare(memoryBytes, 'snapshots'), log: silent },
    );
    this.views = new Views({ memoryBytes: memoryShare(memoryBytes, 'views') });
    const pages = new Pages({
      snapshots: this.snapshots,
      answers: new ReadyAnswers(bulk, {
        prefix,
        memoryBytes: memoryShare(memoryBytes, 'readyAnswers'),
        maxBytes: maxReadBytes,
        log: silent,
        reach: this.cells,
      }),
      views: this.views,
      seal,
      pinMs: options.pinMs ?? 600_000,
      now: () => this.cells.now(),
    });
    this.catalogue = new Catalogue(sources, {
      cells: this.cells,
      sources: new Sources(this.cells, this.walks, this.snapshots),
      pages,
      seal,
      deadlineMs: options.deadlineMs ?? 2_500,
      memoryBytes: memoryShare(memoryBytes, 'hotAnswers'),
    });
    this.reads = new ReadCache(this.cells, this.walks, options.deadlineMs ?? 2_500);
  }

  static async open(
    { url, prefix }: { readonly url: string; readonly prefix: string },
    sources: readonly CatalogueSource[],
    options: ReplicaOptions = {},
  ): Promise<Replica> {
    const config = { url: new Secret(() => url), prefix, requireDurable: false, minReplicas: 0 };
    const clients = new RedisClients(config, silent, 'gateway');
    await clients.connect();
    const seal = new CursorSeal(await sharedCursorKey(clients.commands, prefix));
    return new Replica(prefix, sources, options, clients, seal);
  }

  async list(asking: Asking = {}): Promise<Listed> {
    const { query = {}, limit = 200, cursor = null, cacheControl } = asking;
    const show = asking.show ?? { kind: 'items', limit, cursor };
    const text = JSON.stringify([query, show]);
    const demand = demandOf(cacheControl);
    const call = { text, query: { ...everything, ...query }, show, demand };
    const { body, etag, complete, forwarded } = await this.catalogue.list(call);
    const { data, page, sources } = JSON.parse(body.toString('utf8')) as Omit<
      Listed,
      'names' | 'etag' | 'complete' | 'forwarded'
    >;
    const names = data.map(({ name }) => name);
    return { names, data, page, sources, etag, complete, forwarded };
  }

  /** Makes what is kept of a connection's list older than it is. */
  async age(connection: string, ms: number): Promise<void> {
    const { catalogue } = this.clients;
    await catalogue.hincrby(this.keys.cell(listOf(connection)), 'asOf', -ms);
    await catalogue.set(this.keys.revision, `aged ${String(Math.random())}`);
    // As a mark does: what processes have looked up stands for 20 ms.
    await sleep(25);
  }

  /** Walks end, connections close. */
  async close(): Promise<void> {
    if (!this.#isDead) await this.walks.idle();
    this.clients.close();
  }

  /** As after kill -9: what it has begun is never finished, and Redis hears nothing more of it. */
  die(): void {
    this.#isDead = true;
    this.clients.close();
  }
}
