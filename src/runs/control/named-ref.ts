import { ConflictError, NotFoundError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import { type KeptRun, refOf } from '../kept-run.ts';

const soonMs = 1_000;

type Named = Pick<StoredRecord<KeptRun>, 'id' | 'doc'>;

/** What its platform knows a run by. @throws ConflictError while it knows it by nothing yet, and where it never will */
export function refNamed({ id, doc }: Named): RunRef {
  const ref = refOf(doc);
  if (ref !== null) return ref;
  if (isInDoubt(doc)) throw new ConflictError(inDoubt(id), { outcome: 'not_sent' });
  if (doc.final) throw new ConflictError(`${id} was never run.`, { outcome: 'not_sent' });
  throw new ConflictError(`${id} is not known to its platform yet.`, {
    outcome: 'not_sent',
    retryable: true,
    retryAfterMs: soonMs,
  });
}

/**
 * The same for who reads something of it, as its log.
 * @throws NotFoundError where it was never run
 * @throws ConflictError while its platform knows it by nothing yet, and where its start is in doubt
 */
export function refToRead({ id, doc }: Named, what: string): RunRef {
  const ref = refOf(doc);
  if (ref !== null) return ref;
  if (isInDoubt(doc)) throw new ConflictError(inDoubt(id));
  if (doc.final) throw new NotFoundError(`${id} was never run, so it has no ${what}.`);
  throw new ConflictError(`${id} is not known to its platform yet, so it has no ${what}.`, {
    retryable: true,
    retryAfterMs: soonMs,
  });
}

/** Whether it may have run, and nobody knows as what. */
function isInDoubt({ final, outcome }: KeptRun): boolean {
  return final && (outcome === 'unknown' || outcome === 'applied');
}

function inDoubt(id: string): string {
  return `The start of ${id} is in doubt: nobody knows which run of its platform it is.`;
}
