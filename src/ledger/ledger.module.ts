import { Module } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { WriteOnce } from './write-once.ts';

/** What makes a write that is repeated with its key one write. */
@Module({
  providers: [
    {
      provide: IdempotencyKeys,
      inject: [RedisClients, GATEWAY_CONFIG],
      useFactory: ({ commands }: RedisClients, { redis }: GatewayConfig) =>
        new IdempotencyKeys(commands, redis.prefix, redis.minReplicas),
    },
    {
      provide: WriteOnce,
      inject: [IdempotencyKeys],
      useFactory: (keys: IdempotencyKeys) => new WriteOnce(keys),
    },
  ],
  exports: [IdempotencyKeys, WriteOnce],
})
export class LedgerModule {}
