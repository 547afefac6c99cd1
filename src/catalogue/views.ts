import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import type { ProcessQuery } from './process-query.ts';
import type { Snapshot } from './snapshot.ts';
import { countBySource, filterRefs, mergeAll, orderOf, type Refs } from './view.ts';

/** The matches of a query in its order, and how many each source has. */
export interface View {
  readonly refs: Refs;
  readonly counts: readonly number[];
}

const overheadBytes = 1_024;

/** Keeps what queries over given snapshots found, so that another page of it costs only the page. */
export class Views {
  readonly #views: LRUCache<string, View>;
  readonly #merged: LRUCache<string, Refs>;
  readonly #orders: LRUCache<string, Refs>;

  constructor(options: { memoryBytes: number }) {
    const maxSize = Math.max(Math.floor(options.memoryBytes / 3), 1);
    const sizeCalculation = (refs: Refs): number => refs.byteLength + overheadBytes;
    this.#orders = new LRUCache({ maxSize, sizeCalculation });
    this.#merged = new LRUCache({ maxSize, sizeCalculation });
    this.#views = new LRUCache({ maxSize, sizeCalculation: ({ refs }) => sizeCalculation(refs) });
  }

  of(snapshots: readonly Snapshot[], query: ProcessQuery): View {
    const ids = snapshots.map(idOf).join(' ');
    const key = digest(`${ids}\n${canonical(query)}`);
    return kept(this.#views, key, () => {
      const refs = filterRefs(this.#all(ids, snapshots, query), snapshots, query);
      return { refs, counts: countBySource(refs, snapshots.length) };
    });
  }

  #all(ids: string, snapshots: readonly Snapshot[], { sort }: ProcessQuery): Refs {
    const order = JSON.stringify(sort);
    return kept(this.#merged, digest(`${ids}\n${order}`), () => {
      const ordered = snapshots.map((snapshot) => ({
        snapshot,
        order: kept(this.#orders, `${idOf(snapshot)} ${order}`, () => orderOf(snapshot, sort)),
      }));
      return mergeAll(ordered, sort);
    });
  }
}

function kept<T extends object>(cache: LRUCache<string, T>, key: string, make: () => T): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}

function idOf({ connection, id }: Snapshot): string {
  return `${connection}/${id}`;
}

/** A query as text: equal for equal queries. */
export function canonical(query: ProcessQuery): string {
  return JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A short fingerprint (SHA-256, 128 bits, base64url). */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
