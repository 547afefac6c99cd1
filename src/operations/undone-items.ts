import type { ChangedItem, ChangeProblem } from '../domain/change.ts';

const othersStand: ChangeProblem = {
  code: 'conflict',
  detail: 'It was not tried, as others stand already.',
};

/** What became of each thing of an operation that was cancelled. */
export const asCancelled: ChangeProblem = {
  code: 'conflict',
  detail: 'It was cancelled before it was sent.',
};

/**
 * What became of each thing of an operation that has changed nothing, for this reason; those that stood in the way are
 * told as such.
 */
export function undone(
  planned: readonly ChangedItem[],
  problem: ChangeProblem,
): readonly ChangedItem[] {
  const hasConflict = planned.some(({ effect }) => effect === 'conflict');
  const why = hasConflict ? othersStand : problem;
  return planned.map((item) =>
    item.effect === 'conflict' ? item : { ...item, effect: 'failed', problem: why },
  );
}
