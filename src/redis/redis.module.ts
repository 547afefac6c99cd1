import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { Budgets } from '../upstream/budget.ts';
import { RedisBudgets } from './redis-budgets.ts';
import { RedisClients, type RedisRole } from './redis.clients.ts';

/** This process's connections to Redis, connected before anything else starts. */
@Global()
@Module({})
export class RedisModule implements OnApplicationShutdown {
  readonly #clients: RedisClients;

  constructor(@Inject(RedisClients) clients: RedisClients) {
    this.#clients = clients;
  }

  static of(role: RedisRole): DynamicModule {
    return {
      module: RedisModule,
      providers: [
        {
          provide: RedisClients,
          inject: [GATEWAY_CONFIG, LOG],
          useFactory: async (config: GatewayConfig, log: Log) => {
            const clients = new RedisClients(config.redis, log, role);
            await clients.connect();
            return clients;
          },
        },
        {
          provide: Budgets,
          inject: [GATEWAY_CONFIG, RedisClients],
          useFactory: ({ redis }: GatewayConfig, { commands }: RedisClients) =>
            new RedisBudgets(commands, redis.prefix),
        },
      ],
      exports: [RedisClients, Budgets],
    };
  }

  onApplicationShutdown(): void {
    this.#clients.close();
  }
}
