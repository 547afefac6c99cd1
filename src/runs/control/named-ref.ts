import { ConflictError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import { type KeptRun, refOf } from '../kept-run.ts';

const soonMs = 1_000;

/** What its platform knows a run by. @throws ConflictError while it knows it by nothing yet */
export function refNamed({ id, doc }: StoredRecord<KeptRun>): RunRef {
  const ref = refOf(doc);
  if (ref !== null) return ref;
  throw new ConflictError(`${id} is not known to its platform yet.`, {
    outcome: 'not_sent',
    retryable: true,
    retryAfterMs: soonMs,
  });
}
