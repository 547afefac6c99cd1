import type { ChangeReceipt } from '../../domain/change.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { isMakingNew, type ObservedImport } from './frends.import-evidence.ts';
import { doneItems } from './frends.import-items.ts';
import type { Found } from './frends.import-look.ts';

const notArrived = {
  code: 'upstream_unavailable',
  detail: 'No answer came, and Frends shows that it was not done.',
} as const;

/** How many processes of a file were to be made, and how many of them are there, or may be. */
export function countsOf(found: readonly Found[]): {
  readonly wanted: number;
  readonly made: number;
  readonly unclear: number;
} {
  const own = found.filter(({ target }) => target.role !== 'kept');
  const count = (state: string): number =>
    own.filter(({ finding }) => finding.state === state).length;
  return { wanted: own.length, made: count('done'), unclear: count('unclear') };
}

/** What a look says of an import whose answer was lost, or named too little. */
export function verdictOf(
  seen: ObservedImport,
  found: readonly Found[],
  isTaken: boolean,
): Reconciliation<ChangeReceipt> {
  const { wanted, made, unclear } = countsOf(found);
  if (unclear > 0) return unclearOf(found);
  const receipt = { items: doneItems(found, notArrived) };
  if (made === wanted) return { state: 'applied', receipt };
  // A process of a new GUID would be a further one, each time.
  const isOnce = isMakingNew(seen);
  if (made === 0) return isOnce ? { state: 'absent', again: false } : { state: 'absent' };
  if (isTaken) {
    const why = `Frends shows ${made} of ${wanted} processes of the file.`;
    return { state: 'undecided', why, candidates: [] };
  }
  // Only what is kept where it stands can be sent over what was done already.
  return seen.onConflict === 'use-existing'
    ? { state: 'partial', receipt }
    : { state: 'partial', receipt, again: false };
}

function unclearOf(found: readonly Found[]): Reconciliation<ChangeReceipt> {
  const open = found.flatMap(({ finding }) => (finding.state === 'unclear' ? [finding] : []));
  const others = open.length > 1 ? ` So it is with ${open.length - 1} more of its processes.` : '';
  return {
    state: 'undecided',
    why: `${open[0]?.why ?? ''}${others}`,
    candidates: [...new Set(open.flatMap(({ candidates }) => candidates))],
  };
}
