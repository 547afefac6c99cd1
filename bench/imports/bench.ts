import type { EmbeddedRedis } from '../../src/embedded/redis-server.ts';

/** What has to be ended with the case that has started it. */
interface Started {
  stop(): Promise<unknown>;
}

/** What the cases share. */
export interface Bench {
  readonly redis: EmbeddedRedis;
  /** Ends it with the case, the latest first. */
  readonly keep: <T extends Started>(started: T) => T;
}

/** What a case has measured. */
export interface Measured {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
