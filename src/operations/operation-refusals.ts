import { ConflictError } from '../domain/errors.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptOperation } from './kept-operation.ts';
import type { ResolveOperationDto } from './resolve-operation.dto.ts';

type Kept = StoredRecord<KeptOperation>;

/** @throws ConflictError for an operation that could not be cancelled */
export function cancelledOrRefused(record: Kept): Kept {
  const { id, doc } = record;
  if (doc.status === 'cancelled') return record;
  const why = doc.final
    ? `has ended: it is ${doc.status}`
    : 'is being sent, and can only be cancelled before that';
  throw new ConflictError(`${id} ${why}.`, { outcome: 'not_sent' });
}

/** @throws ConflictError for an operation that does not stand as it was said to */
export function settledOrRefused(record: Kept, said: ResolveOperationDto): Kept {
  const { id, doc } = record;
  const { settlement, outcome } = doc;
  if (settlement?.outcome === said.outcome && settlement.note === said.note) return record;
  const why =
    settlement === null
      ? 'is not in doubt'
      : `was settled at ${settlement.at}: "${settlement.note}"`;
  throw new ConflictError(`The outcome of ${id} ${why}.`, { outcome: outcome ?? 'not_sent' });
}
