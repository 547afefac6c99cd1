import type { RecordChange, StoredRecord } from '../ledger/record.ts';
import type { RecordStore } from '../ledger/record-store.ts';
import { sayAgain, stored } from '../ledger/stored.ts';
import { cancelled, type KeptOperation, settledSo } from './kept-operation.ts';
import type { ResolveOperationDto } from './resolve-operation.dto.ts';

type Kept = StoredRecord<KeptOperation>;
type Step = (record: Kept) => RecordChange<KeptOperation> | null;

/** What a person wants of an operation. */
interface Decision {
  /** Null where nothing becomes of it. */
  readonly step: Step;
  /** Told of what it was that has changed it, not of what it found so. */
  readonly made: (record: Kept) => void;
  /** Told where Redis was lost meanwhile. */
  readonly lost: () => void;
}

/** An operation after what a person wanted of it, said for the first time or again. @throws StoreUnavailableError */
export async function decided(
  records: RecordStore<KeptOperation>,
  found: Kept,
  { step, made, lost }: Decision,
): Promise<Kept> {
  const own = { isMade: false };
  const change = (record: Kept): RecordChange<KeptOperation> | null => {
    const changed = step(record);
    own.isMade = changed !== null;
    return changed;
  };
  const changing = (): Promise<Kept | null> => records.change(found.id, change, { durable: true });
  try {
    const record = (await stored(changing, 'unknown', sayAgain)) ?? found;
    if (own.isMade) made(record);
    return record;
  } catch (error) {
    if (own.isMade) lost();
    throw error;
  }
}

/** An operation as it would stand; nothing is written down. */
export function planned(found: Kept, step: Step): Kept {
  return { ...found, ...step(found) };
}

/** Ends what was not sent yet. */
export function cancelling(now: number): Step {
  return ({ doc, ledger }) =>
    doc.final || ledger?.state !== 'accepted' || ledger.isBegun === true
      ? null
      : { doc: cancelled(doc, now), ledger: { ...ledger, state: 'not_sent' }, dropEvidence: true };
}

/** Settles what is in doubt. */
export function settling(said: ResolveOperationDto, now: number): Step {
  const state = said.outcome === 'applied' ? 'confirmed' : 'not_sent';
  return ({ doc, ledger }) =>
    doc.outcome !== 'unknown' || ledger === null
      ? null
      : { doc: settledSo(doc, said, now), ledger: { ...ledger, state }, dropEvidence: true };
}
