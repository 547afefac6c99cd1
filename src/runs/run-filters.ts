import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../catalogue/freshness.ts';
import type { Connection } from '../connections/connection.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { GatewayError, InvalidRequestError, NotFoundError } from '../domain/errors.ts';
import { parseId } from '../domain/ids.ts';
import { strangers } from '../processes/process-query.mapper.ts';
import { ProcessReads } from '../processes/process-reads.ts';
import type { ListRunsQuery } from './run.query.ts';
import type { RunFilter } from './run-list.ts';

/** What a list of runs is asked for. */
export interface RunSelection {
  readonly connections: readonly Connection[];
  readonly filter: RunFilter;
  /** Why nobody can say that there is such a process: runs may be left of one that is gone. */
  readonly doubt: GatewayError | null;
}

/** A process as a filter takes it: an alias in its canonical form. */
type FilteredProcess = Pick<RunSelection, 'doubt'> & Pick<RunFilter, 'process'>;

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

  /** @throws InvalidRequestError for a connection that is not there, and for what can be no process */
  async select(query: ListRunsQuery): Promise<RunSelection> {
    const all = this.#connections.all();
    const known = all.map(({ id }) => id);
    const [stranger] = strangers('connection', query.connection, known);
    if (stranger !== undefined) throw refused(stranger.at, stranger.message);
    const { process, doubt } = await this.#processOf(query.process);
    const connections = all.filter(
      ({ id, capabilities }) =>
        capabilities.includes('runs') &&
        (query.connection?.includes(id) ?? true) &&
        (process === null || id === process.connection),
    );
    return { connections, filter: filterOf(query, process), doubt };
  }

  async #processOf(id: string | undefined): Promise<FilteredProcess> {
    if (id === undefined) return { process: null, doubt: null };
    const named = parseId(id);
    const connection = named === null ? null : this.#connections.find(named.connection);
    if (named === null || connection === null)
      throw refused('process', 'must be the id of a process');
    try {
      const key = await this.#canonical(connection, id, named.key);
      return { process: { connection: connection.id, key }, doubt: null };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const doubt =
        error instanceof NotFoundError ? refused('process', `"${id}" is not there`) : error;
      return { process: named, doubt };
    }
  }

  /** What can be started without being in a list has runs as well. */
  async #canonical(connection: Connection, id: string, key: string): Promise<string> {
    try {
      return (await this.#reads.find(id, 'processes', defaultDemand)).key;
    } catch (error) {
      const processes = connection.part('processes');
      if (!(error instanceof NotFoundError) || processes.resolveStart === undefined) throw error;
      const what = ['resolveStart', key];
      const { value } = await this.#reads.read(
        connection,
        what,
        defaultDemand,
        async (signal) => (await processes.resolveStart?.(key, signal)) ?? null,
      );
      if (value === null) throw error;
      return value.key;
    }
  }
}

function filterOf(query: ListRunsQuery, process: RunFilter['process']): RunFilter {
  const ms = (text: string | undefined): number | null =>
    text === undefined ? null : Date.parse(text);
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
