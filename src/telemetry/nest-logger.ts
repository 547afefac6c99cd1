import type { LoggerService } from '@nestjs/common';
import type { Log } from './log.ts';

/** Lets what Nest says of itself go into the same log. */
export class NestLogger implements LoggerService {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  log(message: unknown, context?: unknown): void {
    this.#log.debug({ context }, String(message));
  }

  warn(message: unknown, context?: unknown): void {
    this.#log.warn({ context }, String(message));
  }

  error(message: unknown, stack?: unknown, context?: unknown): void {
    this.#log.error({ stack, context }, String(message));
  }

  fatal(message: unknown, stack?: unknown, context?: unknown): void {
    this.#log.fatal({ stack, context }, String(message));
  }
}
