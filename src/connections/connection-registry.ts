import { NotFoundError } from '../domain/errors.ts';
import type { Connection } from './connection.ts';

/** The connections of this gateway, in the order of the configuration. */
export class ConnectionRegistry {
  readonly #all: ReadonlyMap<string, Connection>;

  constructor(connections: readonly Connection[]) {
    this.#all = new Map(connections.map((connection) => [connection.id, connection]));
  }

  all(): readonly Connection[] {
    return [...this.#all.values()];
  }

  find(id: string): Connection | null {
    return this.#all.get(id) ?? null;
  }

  /** @throws NotFoundError */
  get(id: string): Connection {
    const found = this.find(id);
    if (found === null) throw new NotFoundError(`There is no connection "${id}".`);
    return found;
  }
}
