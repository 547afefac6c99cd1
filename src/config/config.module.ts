import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { GatewayConfig } from './gateway.config.ts';

/** Injects the configuration. */
export const GATEWAY_CONFIG = Symbol('GatewayConfig');

/** The configuration, read once before the application is made. */
@Global()
@Module({})
export class ConfigModule {
  static of(config: GatewayConfig): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: GATEWAY_CONFIG, useValue: config }],
      exports: [GATEWAY_CONFIG],
    };
  }
}
