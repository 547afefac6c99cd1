import type { Type } from '@nestjs/common';
import type { z } from 'zod';
import type { ConnectionConfig } from '../config/connection.config.ts';
import type { PlatformAdapter } from '../domain/adapter.ts';

/** Opens adapters: one per configured connection. Opening does no I/O, so an upstream that is down stops nobody. */
export interface PlatformConnector<C extends ConnectionConfig = ConnectionConfig> {
  open(connection: C): PlatformAdapter;
}

/** The face of a platform folder: everything the rest of the gateway knows of it. */
export interface Platform {
  /** The word that configurations and answers use, `[a-z0-9-]`. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** What a connection of it is configured with, on top of what every connection has; settings that contradict each other are refused here. */
  readonly settings: z.ZodObject;
  /** The Nest module that provides and exports the connector. */
  readonly module: Type;
  readonly connector: Type<PlatformConnector>;
  /** What a start may say that this platform alone knows: a class with the decorators of its validation and documentation. */
  readonly startOptions: Type<object>;
  /** Name of the sandbox that stands in for it. */
  readonly sandbox: string;
  /** A connection to its sandbox, as it would stand in a configuration: what is tried without any account. */
  sandboxConnection(url: string): Readonly<Record<string, unknown>>;
}
