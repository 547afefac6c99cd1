import type { CellName } from './cell.ts';

/** Where a sum of bytes is held. */
interface SizedKeys {
  readonly ends: string;
  readonly bytes: string;
}

function sized(name: string): SizedKeys {
  return { ends: `${name}:ends`, bytes: `${name}:bytes` };
}

/** Where the catalogue keeps what in Redis. All keys of a connection share a hash tag, so that every script touches one slot. */
export class CatalogueKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `${prefix}:catalogue`;
  }

  cell({ connection, what }: CellName): string {
    return `${this.#of(connection)}:cell:${what}`;
  }

  /** Apart from the cells: the key of a process may end in any word. */
  lease({ connection, what }: CellName): string {
    return `${this.#of(connection)}:lease:${what}`;
  }

  mark(connection: string): string {
    return `${this.#of(connection)}:mark`;
  }

  snapshot(connection: string, id: string): string {
    return `${this.#of(connection)}:snapshot:${id}`;
  }

  /** When the single reads of a connection end, and what they take. */
  reads(connection: string): SizedKeys {
    return sized(`${this.#of(connection)}:reads`);
  }

  answer(key: string): string {
    return `${this.#prefix}:{answers}:answer:${key}`;
  }

  /** The same of ready answers. */
  get answers(): SizedKeys {
    return sized(`${this.#prefix}:{answers}`);
  }

  get revision(): string {
    return `${this.#prefix}:revision`;
  }

  get sizes(): string {
    return `${this.#prefix}:sizes`;
  }

  #of(connection: string): string {
    return `${this.#prefix}:{${connection}}`;
  }
}
