import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Log } from './log.ts';

/** Injects the logger. */
export const LOG = Symbol('Log');

/** What the process tells about itself. */
@Global()
@Module({})
export class TelemetryModule {
  static of(log: Log): DynamicModule {
    return {
      module: TelemetryModule,
      providers: [{ provide: LOG, useValue: log }],
      exports: [LOG],
    };
  }
}
