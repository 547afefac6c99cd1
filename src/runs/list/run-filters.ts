import { Inject, Injectable } from '@nestjs/common';
import type { Demand } from '../../catalogue/freshness.ts';
import type { Connection } from '../../connections/connection.ts';
import { ConnectionRegistry } from '../../connections/connection-registry.ts';
import {
  GatewayError,
  InvalidRequestError,
  NotFoundError,
  UpstreamTimeoutError,
} from '../../domain/errors.ts';
import { parseId } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import { strangers } from '../../processes/process-query.mapper.ts';
import { ProcessReads } from '../../processes/process-reads.ts';
import { within } from '../../timing/within.ts';
import type { ListRunsQuery } from '../run.query.ts';
import type { RunFilter } from './run-list.ts';

/** Which process a list is about: an alias in its canonical form. */
export interface FilteredProcess {
  readonly process: RunFilter['process'];
  /** Why nobody can say that there is such a process: runs may be left of one that is gone. */
  readonly doubt: GatewayError | null;
}

const none: FilteredProcess = { process: null, doubt: null };

/** Finds out which runs a query means. */
@Injectable()
export class RunFilters {
  readonly #connections: ConnectionRegistry;
  readonly #reads: ProcessReads;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(ProcessReads) reads: ProcessReads,
  ) {
    this.#connections = connections;
    this.#reads = reads;
  }

  /**
   * The connections whose runs a query means.
   * @throws InvalidRequestError for a connection that is not there, and for what can be no process
   */
  select(query: ListRunsQuery): readonly Connection[] {
    const all = this.#connections.all();
    const known = all.map(({ id }) => id);
    const [stranger] = strangers('connection', query.connection, known);
    if (stranger !== undefined) throw refused(stranger.at, stranger.message);
    const of = query.process === undefined ? null : this.#named(query.process).connection;
    return all.filter(
      ({ id, capabilities }) =>
        capabilities.includes('runs') &&
        (query.connection?.includes(id) ?? true) &&
        (of === null || id === of.id),
    );
  }

  /** The process that a query means, as far as that is known at `untilMs` (of Date.now). */
  async process(
    { process: id }: ListRunsQuery,
    demand: Demand,
    untilMs: number,
  ): Promise<FilteredProcess> {
    if (id === undefined) return none;
    const { connection, key } = this.#named(id);
    const unread = { connection: connection.id, key };
    try {
      const finding = this.#canonical(connection, id, key, demand);
      const found = await within(finding, untilMs - Date.now());
      if (found === null) return { process: unread, doubt: late(connection, id) };
      return { process: { ...unread, key: found }, doubt: null };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const doubt =
        error instanceof NotFoundError ? refused('process', `"${id}" is not there`) : error;
      return { process: unread, doubt };
    }
  }

  #named(id: string): { readonly connection: Connection; readonly key: string } {
    const named = parseId(id);
    const connection = named === null ? null : this.#connections.find(named.connection);
    if (named === null || connection === null)
      throw refused('process', 'must be the id of a process');
    return { connection, key: named.key };
  }

  /** What can be started without being in a list has runs as well. */
  async #canonical(
    connection: Connection,
    id: string,
    key: string,
    demand: Demand,
  ): Promise<string> {
    try {
      return (await this.#reads.find(id, 'processes', demand)).key;
    } catch (error) {
      const processes = connection.part('processes');
      if (!(error instanceof NotFoundError) || processes.resolveStart === undefined) throw error;
      const what = ['resolveStart', key];
      const { value } = await this.#reads.read(
        connection,
        what,
        demand,
        async (signal) => (await processes.resolveStart?.(key, signal)) ?? null,
      );
      if (value === null) throw error;
      return value.key;
    }
  }
}

/** What a query asks of each run. */
export function filterOf(query: ListRunsQuery, process: RunFilter['process']): RunFilter {
  const ms = (text: string | undefined): number | null => {
    const instant = toInstant(text);
    return instant === null ? null : Date.parse(instant);
  };
  return {
    process,
    statuses: query.status ?? null,
    final: query.final ?? null,
    outcome: query.outcome ?? null,
    startedAfter: ms(query.startedAfter),
    startedBefore: ms(query.startedBefore),
    initiator: query.initiator ?? null,
    labels: query.label ?? null,
    correlationId: query.correlationId ?? null,
  };
}

function refused(at: string, message: string): InvalidRequestError {
  return new InvalidRequestError(`${at} ${message}`, { errors: [{ at, message }] });
}

function late({ id: connection, platform }: Connection, process: string): UpstreamTimeoutError {
  return new UpstreamTimeoutError(
    `Whether there is a process "${process}" could not be read in time.`,
    { connection, platform: platform.name },
  );
}
