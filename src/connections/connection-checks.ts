import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand, type Demand } from '../catalogue/freshness.ts';
import { nowhereElse, ReadCache } from '../catalogue/read-cache.ts';
import type { BuildInfo } from '../domain/adapter.ts';
import type { ConnectionHealth, HealthStatus } from '../domain/connection.ts';
import { GatewayError, RecalledError } from '../domain/errors.ts';
import { fromEpochMs } from '../domain/instant.ts';
import type { Source, SourceProblem } from '../domain/source.ts';
import { within } from '../timing/within.ts';
import type { Connection } from './connection.ts';

/** What the newest check of an upstream found. */
export interface CheckedConnection {
  readonly build: BuildInfo;
  /** When it was made, in ms since 1970; null when nobody has checked yet. */
  readonly checkedAt: number | null;
  readonly problem: SourceProblem | null;
}

/** An upstream that can be checked. */
export interface Checkable extends Pick<Connection, 'id' | 'lacks'> {
  readonly platform: { readonly name: string };
  readonly adapter: Pick<Connection['adapter'], 'ping'>;
  readonly config: { readonly timeout: number };
}

/** How often each upstream is checked, in ms. */
export const checkEveryMs = 30_000;
/** A check is worth something for two rounds. */
const freshMs = 2 * checkEveryMs;
const keepMs = 3_600_000;
const leastTimeoutMs = 5_000;

const unknownBuild: BuildInfo = { version: null, build: null, missing: [] };

/** Checks upstreams: whether they answer to their credentials, and what they say of themselves. */
@Injectable()
export class ConnectionChecks {
  readonly #cache: ReadCache;

  constructor(@Inject(ReadCache) cache: ReadCache) {
    this.#cache = cache;
  }

  /** Asks the upstream now. */
  check(connection: Checkable): Promise<CheckedConnection> {
    return this.#read(connection, { ...defaultDemand, forced: true });
  }

  /** What the newest check found; a new one is waited for no longer than `waitMs`. */
  async latest(connection: Checkable, waitMs: number): Promise<CheckedConnection> {
    const checked = await within(this.#read(connection, defaultDemand), waitMs);
    return checked ?? { build: unknownBuild, checkedAt: null, problem: null };
  }

  async #read(connection: Checkable, demand: Demand): Promise<CheckedConnection> {
    const { id, platform, adapter, config } = connection;
    try {
      const { value, lookedAt, problem } = await this.#cache.read(
        {
          connection: id,
          platform: platform.name,
          policy: { ttl: freshMs, staleWhileRevalidate: keepMs, staleIfError: keepMs },
          timeoutMs: Math.max(config.timeout, leastTimeoutMs),
          what: ['check'],
          fetch: (signal) => adapter.ping(signal),
          elsewhere: nowhereElse,
        },
        demand,
      );
      // An older release may have kept a build without the member; a set of undefined is empty.
      if (value !== null) connection.lacks = new Set(value.missing);
      return { build: value ?? unknownBuild, checkedAt: lookedAt, problem };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const problem = { code: error.code, detail: error.message };
      const checkedAt = error instanceof RecalledError ? error.at : Date.now();
      return { build: unknownBuild, checkedAt, problem };
    }
  }
}

/** What a check and the state of the list mean together. */
export function healthOf(
  { checkedAt, problem }: CheckedConnection,
  list: Source,
): ConnectionHealth {
  const at = checkedAt === null ? null : fromEpochMs(checkedAt);
  return {
    status: statusOf(checkedAt, problem, list),
    checkedAt: at,
    problem: problem ?? list.problem,
  };
}

function statusOf(
  checkedAt: number | null,
  problem: SourceProblem | null,
  list: Source,
): HealthStatus {
  if (problem?.code === 'upstream_auth_failed') return 'unauthorized';
  if (problem !== null) return 'down';
  if (checkedAt === null) return 'unknown';
  return list.problem === null ? 'ok' : 'degraded';
}
