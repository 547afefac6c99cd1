import { Module } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue.ts';
import { CursorSeal } from '../catalogue/cursor.ts';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import { memoryShare } from '../catalogue/memory-shares.ts';
import { Pages } from '../catalogue/pages.ts';
import { ReadCache } from '../catalogue/read-cache.ts';
import { Sources } from '../catalogue/sources.ts';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { ConnectionsModule } from '../connections/connections.module.ts';
import { catalogueSource } from './catalogue-source.ts';
import { ListController } from './list.controller.ts';
import { ListService } from './list.service.ts';
import { PackageController } from './package.controller.ts';
import { ProcessController } from './process.controller.ts';
import { ProcessReads } from './process-reads.ts';
import { ProcessesService } from './processes.service.ts';
import { StandIns } from './stand-ins.ts';
import { VersionsInList } from './versions-in-list.ts';

/** The processes of all connections. */
@Module({
  imports: [ConnectionsModule],
  controllers: [ListController, ProcessController, PackageController],
  providers: [
    {
      provide: Catalogue,
      inject: [ConnectionRegistry, FallbackCells, Sources, Pages, CursorSeal, GATEWAY_CONFIG],
      useFactory: (
        connections: ConnectionRegistry,
        cells: FallbackCells,
        sources: Sources,
        pages: Pages,
        seal: CursorSeal,
        { catalogue }: GatewayConfig,
      ) =>
        new Catalogue(connections.all().map(catalogueSource), {
          cells,
          sources,
          pages,
          seal,
          deadlineMs: catalogue.deadline,
          memoryBytes: memoryShare(catalogue.memory, 'hotAnswers'),
        }),
    },
    {
      provide: ProcessReads,
      inject: [ConnectionRegistry, Catalogue, ReadCache],
      useFactory: (connections: ConnectionRegistry, catalogue: Catalogue, cache: ReadCache) =>
        new ProcessReads(connections, catalogue, cache),
    },
    ListService,
    ProcessesService,
    StandIns,
    VersionsInList,
  ],
  exports: [Catalogue, ProcessReads],
})
export class ProcessesModule {}
