import type { Source } from '../domain/source.ts';
import type { FacetField, ProcessQuery } from './process-query.ts';
import type { Snapshot } from './snapshot.ts';
import { indexOf, type Refs, sourceOf } from './view.ts';

const comma = Buffer.from(',');
const nullNative = Buffer.from('"native":null}');
const nativeStart = Buffer.from('"native":');
const objectEnd = Buffer.from('}');

/** The envelope of every collection. */
export interface Envelope {
  readonly nextCursor: string | null;
  /** Null where nobody knows it. */
  readonly total: number | null;
  readonly sources: readonly Source[];
}

/** `{data, page, sources}` around elements that are JSON already. */
export function renderEnvelope(
  elements: readonly Buffer[],
  { nextCursor, total, sources }: Envelope,
): Buffer {
  const data = elements.flatMap((element, at) => (at === 0 ? [element] : [comma, element]));
  const tail = `],"page":${JSON.stringify({ nextCursor, total })},"sources":${JSON.stringify(sources)}}`;
  return Buffer.concat([Buffer.from('{"data":['), ...data, Buffer.from(tail)]);
}

/** The items of a page: cut out of the snapshots as they are, unless only some members are asked for. */
export function renderItems(
  refs: Refs,
  snapshots: readonly Snapshot[],
  query: ProcessQuery,
): Buffer[] {
  const items: Buffer[] = [];
  for (const ref of refs) {
    const snapshot = snapshots[sourceOf(ref)];
    if (snapshot !== undefined) items.push(renderItem(snapshot, indexOf(ref), query));
  }
  return items;
}

function renderItem(snapshot: Snapshot, index: number, { fields, native }: ProcessQuery): Buffer {
  if (fields !== null) return Buffer.from(sparse(snapshot, index, fields, native));
  const item = snapshot.item(index);
  if (!native) return item;
  // `native` is the last member of an item, so its null can be replaced without parsing.
  const before = item.subarray(0, item.length - nullNative.length);
  return Buffer.concat([before, nativeStart, snapshot.native(index), objectEnd]);
}

function sparse(
  snapshot: Snapshot,
  index: number,
  fields: readonly string[],
  native: boolean,
): string {
  const whole = JSON.parse(snapshot.item(index).toString('utf8')) as Record<string, unknown>;
  if (native) whole['native'] = JSON.parse(snapshot.native(index).toString('utf8')) as unknown;
  return JSON.stringify(Object.fromEntries(fields.map((field) => [field, whole[field]])));
}

/** How often each value of a member occurs, the most frequent first, then by value. */
export function renderFacets(
  refs: Refs,
  snapshots: readonly Snapshot[],
  field: FacetField,
): Buffer[] {
  const counts = new Map<string | boolean | null, number>();
  for (const ref of refs) {
    const snapshot = snapshots[sourceOf(ref)];
    if (snapshot === undefined) continue;
    for (const value of valuesOf(snapshot, indexOf(ref), field))
      counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const rows = [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (String(a.value) < String(b.value) ? -1 : 1));
  return rows.map((row) => Buffer.from(JSON.stringify(row)));
}

function valuesOf(
  snapshot: Snapshot,
  index: number,
  field: FacetField,
): readonly (string | boolean | null)[] {
  const { columns } = snapshot;
  switch (field) {
    case 'label':
      return [...new Set(columns.labels[index])];
    case 'platform':
      return [snapshot.platform];
    case 'connection':
      return [snapshot.connection];
    case 'enabled':
      return [columns.enabled[index] ?? null];
    case 'kind':
      return [columns.kinds[index] ?? null];
    case 'service':
      return [columns.services[index] ?? null];
  }
}
