import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import type { ProcessQuery } from './process-query.ts';
import type { Snapshot } from './snapshot.ts';
import { countBySource, filterRefs, mergeAll, type Refs } from './view.ts';

/** The matches of a query in its order, and how many each source has. */
export interface View {
  readonly refs: Refs;
  readonly counts: readonly number[];
}

const viewsBytes = 64 * 1_024 ** 2;
const overheadBytes = 1_024;

/** Keeps what queries over given snapshots found, so that another page of it costs only the page. */
export class Views {
  readonly #merged = new LRUCache<string, Refs>({
    maxSize: viewsBytes,
    sizeCalculation: (refs) => refs.byteLength + overheadBytes,
  });
  readonly #views = new LRUCache<string, View>({
    maxSize: viewsBytes,
    sizeCalculation: (view) => view.refs.byteLength + overheadBytes,
  });

  of(snapshots: readonly Snapshot[], query: ProcessQuery): View {
    const ids = snapshots.map(({ connection, id }) => `${connection}/${id}`).join(' ');
    const key = digest(`${ids}\n${canonical(query)}`);
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const refs = filterRefs(this.#all(ids, snapshots, query), snapshots, query);
    const view = { refs, counts: countBySource(refs, snapshots.length) };
    this.#views.set(key, view);
    return view;
  }

  #all(ids: string, snapshots: readonly Snapshot[], { sort }: ProcessQuery): Refs {
    const key = `${ids}\n${JSON.stringify(sort)}`;
    const known = this.#merged.get(key);
    if (known !== undefined) return known;
    const refs = mergeAll(snapshots, sort);
    this.#merged.set(key, refs);
    return refs;
  }
}

/** A query as text: equal for equal queries. */
export function canonical(query: ProcessQuery): string {
  return JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A short fingerprint (SHA-256, 128 bits, base64url). */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
