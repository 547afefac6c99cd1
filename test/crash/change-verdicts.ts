import type { ChangeHit } from './change-rounds.ts';
import type { Kill } from './import-rounds.ts';
import { type Ended, isCutOff, isLate } from './import-verdicts.ts';

/** What is wrong with the end of a change; null: nothing. */
export function changeFlawOf(
  { point }: ChangeHit,
  ended: Ended,
  kills: readonly Kill[],
): string | null {
  const { operation, entry, effects } = ended;
  const { outcome, status, evidence } = operation;
  if (effects > 1) return 'it has taken effect more than once';
  if (isLate(ended, kills)) return 'it took too long until that was known';
  if (outcome === 'applied')
    return effects === 1 && status === 'succeeded' ? null : 'it is said to be done, and is not';
  if (!point.isFaulty && !isCutOff(entry, kills))
    return 'it met no fault, and no worker was killed that had to do with it';
  if (outcome === 'unknown') return evidence === null ? 'there is no evidence' : null;
  if (outcome !== 'not_sent') return 'nothing has refused it';
  return effects > 0 ? 'it is said not to be sent, and was' : null;
}
