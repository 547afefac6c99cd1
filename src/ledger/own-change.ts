import type { RecordChange, StoredRecord } from './record.ts';

/** What a record becomes; null where nothing becomes of it. */
export type Step<D> = (record: StoredRecord<D>) => RecordChange<D> | null;

/** Who hears of a change that was asked for. */
export interface Listener<D> {
  /** Told of what it was that has changed the record, not of what it found so. */
  readonly made: (record: StoredRecord<D>) => void;
  /** Told where Redis was lost meanwhile. */
  readonly lost: () => void;
}

/** A change that somebody asks for. */
export interface Decision<D> extends Listener<D> {
  readonly step: Step<D>;
}

/** What `changing` gives, which changes a record by the step that it is given: null where there is none. */
export async function ownChange<D>(
  changing: (step: Step<D>) => Promise<StoredRecord<D> | null>,
  { step, made, lost }: Decision<D>,
): Promise<StoredRecord<D> | null> {
  const own = { isMade: false };
  try {
    const record = await changing((each) => {
      const change = step(each);
      own.isMade = change !== null;
      return change;
    });
    if (record !== null && own.isMade) made(record);
    return record;
  } catch (error) {
    if (own.isMade) lost();
    throw error;
  }
}
