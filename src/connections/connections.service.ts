import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue.ts';
import type { Demand } from '../catalogue/freshness.ts';
import { nowhereElse, type ReadAnswer, ReadCache } from '../catalogue/read-cache.ts';
import type { Budget } from '../domain/budget.ts';
import type { ConnectionState, PlatformState } from '../domain/connection.ts';
import type { Source } from '../domain/source.ts';
import type { Target } from '../domain/target.ts';
import { link, linkTo } from '../http/links.ts';
import { platforms } from '../platforms/all.ts';
import { within } from '../timing/within.ts';
import type { Connection } from './connection.ts';
import { ConnectionChecks, healthOf } from './connection-checks.ts';
import { ConnectionRegistry } from './connection-registry.ts';

/** How long a list of connections waits for a check, in ms. */
const listWaitMs = 1_500;
/** How long a single connection does, in ms. */
const oneWaitMs = 5_000;
const targetsTimeoutMs = 15_000;
/** In which a refresh can begin, in ms. */
const leastRefreshMs = 2_000;

/** A list after a refresh; `done` says whether the source is what came of it. */
interface Refreshed {
  readonly done: boolean;
  readonly source: Source;
}

/** What exists: platforms and connections, and how they are. */
@Injectable()
export class ConnectionsService {
  readonly #connections: ConnectionRegistry;
  readonly #checks: ConnectionChecks;
  readonly #catalogue: Catalogue;
  readonly #cache: ReadCache;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(ConnectionChecks) checks: ConnectionChecks,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(ReadCache) cache: ReadCache,
  ) {
    this.#connections = connections;
    this.#checks = checks;
    this.#catalogue = catalogue;
    this.#cache = cache;
  }

  platforms(): PlatformState[] {
    return platforms.map(({ name, title }) => {
      const own = this.#connections.all().filter(({ platform }) => platform.name === name);
      const capabilities = [...new Set(own.flatMap((connection) => connection.capabilities))];
      return { name, title, capabilities, connections: own.map(({ id }) => id) };
    });
  }

  all(): Promise<ConnectionState[]> {
    return Promise.all(
      this.#connections.all().map((connection) => this.#state(connection, listWaitMs)),
    );
  }

  one(id: string): Promise<ConnectionState> {
    return this.#state(this.#connections.get(id), oneWaitMs);
  }

  /** What has come of a refresh that an earlier request asked for. */
  async refreshed(id: string): Promise<Refreshed> {
    const source = await this.#catalogue.source(this.#connections.get(id).id);
    return { done: source.status === 'fresh' || source.problem !== null, source };
  }

  /** How a list stands that can be refreshed; nothing is read. @throws CapabilityNotSupportedError */
  refreshable(id: string): Promise<Source> {
    this.#connections.get(id).part('processes');
    return this.#catalogue.source(id);
  }

  /** Refreshes a list; waits for it no longer than `waitMs`. */
  async refresh(id: string, waitMs: number): Promise<Refreshed> {
    const connection = this.#connections.get(id);
    connection.part('processes');
    // It goes on behind when the caller does not wait; a forced refresh may have to keep its distance to the one before.
    const refreshed = this.#catalogue.refresh(id, Date.now() + Math.max(waitMs, leastRefreshMs));
    const source = await within(refreshed, waitMs);
    return source === null
      ? { done: false, source: await this.#catalogue.source(id) }
      : { done: true, source };
  }

  targets(id: string, demand: Demand): Promise<ReadAnswer<readonly Target[]>> {
    const connection = this.#connections.get(id);
    const part = connection.part('targets');
    return this.#cache.read(
      {
        connection: connection.id,
        platform: connection.platform.name,
        policy: connection.policy,
        timeoutMs: targetsTimeoutMs,
        what: ['targets'],
        fetch: (signal) => part.list(signal),
        elsewhere: nowhereElse,
      },
      demand,
    );
  }

  async #state(connection: Connection, waitMs: number): Promise<ConnectionState> {
    const { id, platform, name } = connection;
    const [checked, list, budget] = await Promise.all([
      this.#checks.latest(connection, waitMs),
      this.#catalogue.source(id),
      connection.adapter.budget?.() ?? null,
    ]);
    // The check may just have found out what this upstream lacks.
    const { capabilities } = connection;
    const { version, build } = checked.build;
    return {
      id,
      platform: platform.name,
      name,
      capabilities,
      health: healthOf(checked, list),
      list,
      upstream: { version, build },
      budget: budget === null ? null : shownBudget(budget),
      links: {
        self: link`/v1/connections/${id}`,
        processes: { href: `/v1/processes?connection=${encodeURIComponent(id)}`, method: 'GET' },
        refresh: linkTo('POST', link`/v1/connections/${id}/refresh`),
        targets: capabilities.includes('targets') ? link`/v1/connections/${id}/targets` : null,
      },
    };
  }
}

function shownBudget({ limit, remaining, resetsAt }: Budget): Budget {
  return { limit, remaining, resetsAt };
}
