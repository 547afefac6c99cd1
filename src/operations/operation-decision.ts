import { type Decision, ownChange, type Step as StepOf } from '../ledger/own-change.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { RecordStore } from '../ledger/record-store.ts';
import { sayAgain, stored } from '../ledger/stored.ts';
import { cancelled, type KeptOperation, settledSo } from './kept-operation.ts';
import type { ResolveOperationDto } from './resolve-operation.dto.ts';

type Kept = StoredRecord<KeptOperation>;
type Step = StepOf<KeptOperation>;

/** An operation after what a person wanted of it, said for the first time or again. @throws StoreUnavailableError */
export async function decided(
  records: RecordStore<KeptOperation>,
  found: Kept,
  decision: Decision<KeptOperation>,
): Promise<Kept> {
  const changing = (step: Step): Promise<Kept | null> =>
    stored(() => records.change(found.id, step, { durable: true }), 'unknown', sayAgain);
  return (await ownChange(changing, decision)) ?? found;
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
