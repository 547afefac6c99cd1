import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from './config/config.module.ts';
import type { GatewayConfig } from './config/gateway.config.ts';
import { ConnectionChecksProcessor } from './connections/connection-checks.processor.ts';
import { ConnectionsModule } from './connections/connections.module.ts';
import { ImportWorkerModule } from './imports/import-worker.module.ts';
import { OperationWorkerModule } from './operations/operation-worker.module.ts';
import { QueueConnections } from './redis/queue-connections.ts';
import { RedisModule } from './redis/redis.module.ts';
import { RunWorkerModule } from './runs/run-worker.module.ts';
import type { Log } from './telemetry/log.ts';
import { TelemetryModule } from './telemetry/telemetry.module.ts';

/** The root of the process that works off queues. */
@Module({})
export class WorkerModule {
  static of(config: GatewayConfig, log: Log): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigModule.of(config),
        TelemetryModule.of(log),
        RedisModule.of('worker'),
        ConnectionsModule,
        RunWorkerModule,
        OperationWorkerModule,
        ImportWorkerModule,
      ],
      providers: [QueueConnections, ConnectionChecksProcessor],
    };
  }
}
