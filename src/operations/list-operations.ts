import type { Outcome } from '../domain/errors.ts';
import type { OperationKind, OperationStatus } from '../domain/operation.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptOperation } from './kept-operation.ts';
import type { OperationPlace } from './operation-index.ts';
import type { OperationStore } from './operation-store.ts';

/** Which operations a list shows; null: all. */
export interface OperationFilter {
  readonly connections: readonly string[] | null;
  readonly kinds: readonly OperationKind[] | null;
  readonly statuses: readonly OperationStatus[] | null;
  readonly final: boolean | null;
  readonly outcome: Outcome | null;
}

/** A page of operations, and the place behind which the next one begins. */
export interface OperationPage {
  readonly operations: readonly StoredRecord<KeptOperation>[];
  readonly next: OperationPlace | null;
}

/** Places take next to nothing; a record may be as large as everything that an import brings. */
const placesAtOnce = 200;
const recordsAtOnce = 25;
/** A page ends after so many were looked through, however few of them match. */
const mostLookedAt = 10_000;
/** A page ends with the operation that reaches so many items, however few it shows. */
const mostItems = 5_000;

/** An operation where the order has it; its record is null where that is gone. */
interface Placed {
  readonly place: OperationPlace;
  readonly record: StoredRecord<KeptOperation> | null;
}

/** Operations, newest first, from `from` on (exclusive). No more of them are read than the page takes. */
export async function listOperations(
  store: OperationStore,
  filter: OperationFilter,
  from: OperationPlace | null,
  limit: number,
): Promise<OperationPage> {
  const operations: StoredRecord<KeptOperation>[] = [];
  let last = from;
  let [looked, items] = [0, 0];
  for await (const { place, record } of placed(store, from, limit)) {
    looked += 1;
    if (looked > mostLookedAt) return { operations, next: last };
    // What came meanwhile has moved the others down: they are not shown twice.
    if (last !== null && !isBefore(last, place)) continue;
    const isShown = record !== null && matches(record.doc, filter);
    if (isShown && (operations.length === limit || items >= mostItems))
      return { operations, next: last };
    last = place;
    if (!isShown) continue;
    operations.push(record);
    items += (record.doc.items ?? record.doc.planned).length;
  }
  return { operations, next: null };
}
/** All from there on, `from` and those of its instant too. */
async function* placed(
  { index, records }: OperationStore,
  from: OperationPlace | null,
  limit: number,
): AsyncGenerator<Placed> {
  const until = from?.createdAt ?? Number.MAX_SAFE_INTEGER;
  const atOnce = Math.min(limit + 1, recordsAtOnce);
  for (let skip = 0; ;) {
    const places = await index.until(until, skip, placesAtOnce);
    skip += places.length;
    for (let at = 0; at < places.length; at += atOnce) {
      const some = places.slice(at, at + atOnce);
      const read = await records.readMany(some.map(({ id }) => id));
      const known = new Map(read.map((record) => [record.id, record]));
      const gone = some.filter(({ id }) => !known.has(id)).map(({ id }) => id);
      await index.remove(gone);
      skip -= gone.length;
      yield* some.map((place) => ({ place, record: known.get(place.id) ?? null }));
    }
    if (places.length < placesAtOnce) return;
  }
}

/** Newest first, the id breaking ties. */
function isBefore(a: OperationPlace, b: OperationPlace): boolean {
  return a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt;
}

function matches(operation: KeptOperation, filter: OperationFilter): boolean {
  const { connections, kinds, statuses, final, outcome } = filter;
  return (
    (connections?.includes(operation.connection) ?? true) &&
    (kinds?.includes(operation.kind) ?? true) &&
    (statuses?.includes(operation.status) ?? true) &&
    (final === null || operation.final === final) &&
    (outcome === null || operation.outcome === outcome)
  );
}
