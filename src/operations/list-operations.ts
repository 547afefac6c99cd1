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

const readAtOnce = 200;
/** A page ends after so many were looked through, however few of them match. */
const mostLookedAt = 10_000;

/** Operations, newest first, from `from` on (exclusive). */
export async function listOperations(
  { index, records }: OperationStore,
  filter: OperationFilter,
  from: OperationPlace | null,
  limit: number,
): Promise<OperationPage> {
  const operations: StoredRecord<KeptOperation>[] = [];
  let last = from;
  let skip = 0;
  for (let looked = 0; looked < mostLookedAt; looked += readAtOnce) {
    const until = from?.createdAt ?? Number.MAX_SAFE_INTEGER;
    const places = await index.until(until, skip, readAtOnce);
    const known = new Map(
      (await records.readMany(places.map(({ id }) => id))).map((record) => [record.id, record]),
    );
    const gone = places.filter(({ id }) => !known.has(id)).map(({ id }) => id);
    await index.remove(gone);
    skip += places.length - gone.length;
    for (const place of places) {
      // What came meanwhile has moved the others down: they are not shown twice.
      if (last !== null && !isBefore(last, place)) continue;
      const record = known.get(place.id);
      if (record === undefined || !matches(record.doc, filter)) continue;
      if (operations.length === limit) return { operations, next: last };
      operations.push(record);
      last = place;
    }
    if (places.length < readAtOnce) return { operations, next: null };
    last = places.at(-1) ?? last;
  }
  return { operations, next: last };
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
