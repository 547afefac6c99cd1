import { type DynamicModule, Module } from '@nestjs/common';
import { ChangesModule } from './changes/changes.module.ts';
import { ConfigModule } from './config/config.module.ts';
import type { GatewayConfig } from './config/gateway.config.ts';
import { ConnectionsApiModule } from './connections/connections-api.module.ts';
import { EventsModule } from './events/events.module.ts';
import { ExportsModule } from './exports/exports.module.ts';
import { HealthModule } from './health/health.module.ts';
import { ProblemPagesModule } from './http/problem-pages.module.ts';
import { ImportsModule } from './imports/imports.module.ts';
import { OperationsModule } from './operations/operations.module.ts';
import { ProcessesModule } from './processes/processes.module.ts';
import { PromotionsModule } from './promotions/promotions.module.ts';
import { RedisModule } from './redis/redis.module.ts';
import { RunsModule } from './runs/runs.module.ts';
import type { Log } from './telemetry/log.ts';
import { TelemetryModule } from './telemetry/telemetry.module.ts';

/** The root of the process that answers HTTP. */
@Module({})
export class GatewayModule {
  static of(config: GatewayConfig, log: Log): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        ConfigModule.of(config),
        TelemetryModule.of(log),
        RedisModule.of('gateway'),
        ProcessesModule,
        ConnectionsApiModule.of(ProcessesModule),
        RunsModule,
        OperationsModule,
        ChangesModule,
        ImportsModule,
        PromotionsModule,
        ExportsModule,
        EventsModule,
        HealthModule,
        ProblemPagesModule,
      ],
    };
  }
}
