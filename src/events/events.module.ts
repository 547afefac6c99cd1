import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module.ts';
import { WatchableOperations } from '../operations/watchable-operations.ts';
import { RunsModule } from '../runs/runs.module.ts';
import { WatchableRuns } from '../runs/watchable-runs.ts';
import { type WatchableKind, Watchables } from '../watching/watchables.ts';
import { EventsController } from './events.controller.ts';

/** One stream of all that can be watched. */
@Module({
  imports: [RunsModule, OperationsModule],
  controllers: [EventsController],
  providers: [
    {
      provide: Watchables,
      inject: [WatchableRuns, WatchableOperations],
      useFactory: (...kinds: WatchableKind[]) => new Watchables(kinds),
    },
  ],
})
export class EventsModule {}
