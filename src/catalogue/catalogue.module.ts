import { type BeforeApplicationShutdown, Inject, Module } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { within } from '../timing/within.ts';
import { CursorSeal } from './cursor.ts';
import { sharedCursorKey } from './cursor-key.ts';
import { FallbackCells } from './fallback-cells.ts';
import { memoryShare } from './memory-shares.ts';
import { Pages } from './pages.ts';
import { ReadCache } from './read-cache.ts';
import { ReadyAnswers } from './ready-answers.ts';
import { RedisCells } from './redis-cells.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { Sources } from './sources.ts';
import { Views } from './views.ts';
import { Walks } from './walks.ts';

const finishMs = 3_000;

/** Lists and single reads, kept in Redis and memory. */
@Module({
  providers: [
    {
      provide: FallbackCells,
      inject: [RedisClients, GATEWAY_CONFIG, LOG],
      useFactory: (
        { catalogue: commands }: RedisClients,
        { redis, catalogue }: GatewayConfig,
        log: Log,
      ) => new FallbackCells(new RedisCells(commands, redis.prefix, catalogue.maxReadBytes), log),
    },
    {
      provide: Walks,
      inject: [FallbackCells, LOG],
      useFactory: (cells: FallbackCells, log: Log) => new Walks(cells, log),
    },
    {
      provide: SnapshotStore,
      inject: [RedisClients, FallbackCells, GATEWAY_CONFIG, LOG],
      useFactory: (
        { catalogue: commands, bulk }: RedisClients,
        reach: FallbackCells,
        { redis, catalogue }: GatewayConfig,
        log: Log,
      ) =>
        new SnapshotStore(
          { commands, bulk, reach },
          {
            prefix: redis.prefix,
            maxBytes: catalogue.maxBytes,
            memoryBytes: memoryShare(catalogue.memory, 'snapshots'),
            log,
          },
        ),
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
      useFactory: async ({ catalogue, redis }: GatewayConfig, { commands }: RedisClients) =>
        new CursorSeal(
          catalogue.cursorKey?.reveal() ?? (await sharedCursorKey(commands, redis.prefix)),
        ),
    },
    {
      provide: Pages,
      inject: [RedisClients, FallbackCells, SnapshotStore, CursorSeal, GATEWAY_CONFIG, LOG],
      useFactory: (
        { bulk }: RedisClients,
        cells: FallbackCells,
        snapshots: SnapshotStore,
        seal: CursorSeal,
        { redis: { prefix }, catalogue: { memory, maxReadBytes, pin } }: GatewayConfig,
        log: Log,
      ) =>
        new Pages({
          snapshots,
          answers: new ReadyAnswers(bulk, {
            prefix,
            memoryBytes: memoryShare(memory, 'readyAnswers'),
            maxBytes: maxReadBytes,
            log,
            reach: cells,
          }),
          views: new Views({ memoryBytes: memoryShare(memory, 'views') }),
          seal,
          pinMs: pin,
          now: () => cells.now(),
        }),
    },
    {
      provide: ReadCache,
      inject: [FallbackCells, Walks, GATEWAY_CONFIG],
      useFactory: (cells: FallbackCells, walks: Walks, { catalogue }: GatewayConfig) =>
        new ReadCache(cells, walks, catalogue.deadline),
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
