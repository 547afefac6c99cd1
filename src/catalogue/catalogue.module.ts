import { type BeforeApplicationShutdown, Inject, Module } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { CursorSeal } from './cursor.ts';
import { FallbackCells } from './fallback-cells.ts';
import { Pages } from './pages.ts';
import { ReadCache } from './read-cache.ts';
import { ReadyAnswers } from './ready-answers.ts';
import { RedisCells } from './redis-cells.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { Sources } from './sources.ts';
import { Views } from './views.ts';
import { Walks } from './walks.ts';
import { within } from './within.ts';

/** Snapshots share a process's memory with ready answers, three to one. */
const snapshotShare = 0.75;
const finishMs = 3_000;

/** The configured key, else one that the first gateway makes and all share. */
async function cursorSecret(
  { catalogue, redis }: GatewayConfig,
  clients: RedisClients,
): Promise<string> {
  if (catalogue.cursorKey !== undefined) return catalogue.cursorKey.reveal();
  const key = `${redis.prefix}:catalogue:cursor-key`;
  await clients.commands.set(key, randomBytes(32).toString('base64url'), 'NX');
  const shared = await clients.commands.get(key);
  if (shared === null) throw new Error('Redis did not keep the key that seals cursors');
  return shared;
}

/** Lists and single reads, kept in Redis and memory. */
@Module({
  providers: [
    {
      provide: FallbackCells,
      inject: [RedisClients, GATEWAY_CONFIG, LOG],
      useFactory: (clients: RedisClients, { redis }: GatewayConfig, log: Log) =>
        new FallbackCells(new RedisCells(clients.catalogue, redis.prefix), log),
    },
    {
      provide: Walks,
      inject: [FallbackCells, LOG],
      useFactory: (cells: FallbackCells, log: Log) => new Walks(cells, log),
    },
    {
      provide: SnapshotStore,
      inject: [RedisClients, GATEWAY_CONFIG, LOG],
      useFactory: (clients: RedisClients, { redis, catalogue }: GatewayConfig, log: Log) =>
        new SnapshotStore(clients.bulk, {
          prefix: redis.prefix,
          maxBytes: catalogue.maxBytes,
          memoryBytes: catalogue.memory * snapshotShare,
          log,
        }),
    },
    {
      provide: Sources,
      inject: [FallbackCells, Walks, SnapshotStore],
      useFactory: (cells: FallbackCells, walks: Walks, snapshots: SnapshotStore) =>
        new Sources(cells, walks, snapshots),
    },
    {
      provide: CursorSeal,
      inject: [GATEWAY_CONFIG, RedisClients],
      useFactory: async (config: GatewayConfig, clients: RedisClients) =>
        new CursorSeal(await cursorSecret(config, clients)),
    },
    {
      provide: Pages,
      inject: [RedisClients, SnapshotStore, CursorSeal, GATEWAY_CONFIG, LOG],
      useFactory: (
        clients: RedisClients,
        snapshots: SnapshotStore,
        seal: CursorSeal,
        { redis, catalogue }: GatewayConfig,
        log: Log,
      ) =>
        new Pages({
          snapshots,
          answers: new ReadyAnswers(clients.bulk, {
            prefix: redis.prefix,
            memoryBytes: catalogue.memory * (1 - snapshotShare),
            log,
          }),
          views: new Views(),
          seal,
          pinMs: catalogue.pin,
        }),
    },
    {
      provide: ReadCache,
      inject: [FallbackCells, Walks],
      useFactory: (cells: FallbackCells, walks: Walks) => new ReadCache(cells, walks),
    },
  ],
  exports: [FallbackCells, Sources, CursorSeal, Pages, ReadCache, SnapshotStore],
})
export class CatalogueModule implements BeforeApplicationShutdown {
  readonly #walks: Walks;

  constructor(@Inject(Walks) walks: Walks) {
    this.#walks = walks;
  }

  /** Walks under way are finished where that is soon done, so that no other process has to wait for their leases. */
  async beforeApplicationShutdown(): Promise<void> {
    await within(this.#walks.idle(), finishMs);
  }
}
