import { Module } from '@nestjs/common';
import { ProcessesModule } from '../processes/processes.module.ts';
import { ConnectionsController } from './connections.controller.ts';
import { ConnectionsModule } from './connections.module.ts';
import { ConnectionsService } from './connections.service.ts';

/** The routes of platforms and connections. */
@Module({
  imports: [ConnectionsModule, ProcessesModule],
  controllers: [ConnectionsController],
  providers: [ConnectionsService],
})
export class ConnectionsApiModule {}
