import type { ProcessQuery, SortKey } from './process-query.ts';
import type { Snapshot } from './snapshot.ts';

/** Items in an order: each entry is the place of its snapshot (8 bits) and its index in that (24 bits). */
export type Refs = Uint32Array;

const indexBits = 24;

/** Which snapshot a reference points into. */
export function sourceOf(ref: number): number {
  return ref >>> indexBits;
}

/** Which item of it. */
export function indexOf(ref: number): number {
  return ref & 0xff_ffff;
}

function refTo(source: number, index: number): number {
  return ((source << indexBits) | index) >>> 0;
}

type Compare = (a: Snapshot, i: number, b: Snapshot, j: number) => number;

const columns: Record<SortKey['field'], (snapshot: Snapshot, index: number) => string | null> = {
  name: (snapshot, index) => snapshot.columns.names[index] ?? null,
  updatedAt: (snapshot, index) => snapshot.columns.updatedAt[index] ?? null,
  createdAt: (snapshot, index) => snapshot.columns.createdAt[index] ?? null,
  connection: (snapshot) => snapshot.connection,
};

/** By the keys in turn, nulls last whatever the direction, the id breaking ties: a total order. */
function comparing(sort: readonly SortKey[]): Compare {
  return (a, i, b, j) => {
    for (const { field, descending } of sort) {
      const [left, right] = [columns[field](a, i), columns[field](b, j)];
      if (left === right) continue;
      if (left === null) return 1;
      if (right === null) return -1;
      return left < right === descending ? 1 : -1;
    }
    const [left = '', right = ''] = [a.columns.ids[i], b.columns.ids[j]];
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

/** The items of one snapshot in order. */
export function orderOf(snapshot: Snapshot, sort: readonly SortKey[]): Refs {
  const compare = comparing(sort);
  const order = Uint32Array.from({ length: snapshot.size }, (_, index) => index);
  return order.sort((i, j) => compare(snapshot, i, snapshot, j));
}

/** A snapshot, and its items in order. */
export interface Ordered {
  readonly snapshot: Snapshot;
  readonly order: Refs;
}

/** All items of all snapshots in one order: the ordered lists merged, so that only a changed one is sorted anew. */
export function mergeAll(ordered: readonly Ordered[], sort: readonly SortKey[]): Refs {
  const compare = comparing(sort);
  const lanes = ordered.map(({ snapshot, order }, source) => ({ snapshot, source, order, at: 0 }));
  const merged = new Uint32Array(lanes.reduce((sum, lane) => sum + lane.order.length, 0));
  for (let to = 0; to < merged.length; to += 1) {
    let least: (typeof lanes)[number] | null = null;
    for (const lane of lanes) {
      const index = lane.order[lane.at];
      if (index === undefined) continue;
      const best = least?.order[least.at];
      if (
        least === null ||
        best === undefined ||
        compare(lane.snapshot, index, least.snapshot, best) < 0
      )
        least = lane;
    }
    if (least === null) break;
    merged[to] = refTo(least.source, least.order[least.at] ?? 0);
    least.at += 1;
  }
  return merged;
}

/** Those of them that the query's filters let through, in the same order. */
export function filterRefs(all: Refs, snapshots: readonly Snapshot[], query: ProcessQuery): Refs {
  const tests = testsOf(query);
  if (tests.length === 0) return all;
  return all.filter((ref) => {
    const snapshot = snapshots[sourceOf(ref)];
    return snapshot !== undefined && tests.every((test) => test(snapshot, indexOf(ref)));
  });
}

type Test = (snapshot: Snapshot, index: number) => boolean;

function testsOf(query: ProcessQuery): Test[] {
  const { q, name, key, labels, enabled, updatedAfter } = query;
  const tests: Test[] = [];
  if (key !== null) tests.push((snapshot, index) => snapshot.columns.keys[index] === key);
  if (enabled !== null)
    tests.push((snapshot, index) => snapshot.columns.enabled[index] === enabled);
  if (labels !== null) {
    tests.push(
      (snapshot, index) =>
        snapshot.columns.labels[index]?.some((label) => labels.includes(label)) === true,
    );
  }
  if (updatedAfter !== null) {
    tests.push((snapshot, index) => (snapshot.columns.updatedAt[index] ?? '') > updatedAfter);
  }
  if (name !== null)
    tests.push((snapshot, index) => snapshot.columns.names[index]?.includes(name) === true);
  if (q !== null)
    tests.push((snapshot, index) => snapshot.columns.texts[index]?.includes(q) === true);
  return tests;
}

/** How many of the references point into each snapshot. */
export function countBySource(refs: Refs, sources: number): number[] {
  const counts = new Array<number>(sources).fill(0);
  for (const ref of refs) counts[sourceOf(ref)] = (counts[sourceOf(ref)] ?? 0) + 1;
  return counts;
}
