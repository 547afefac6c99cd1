import { z } from 'zod';
import type { ChangeTerms } from '../../domain/change.ts';
import type { SentWindow } from '../../domain/write.ts';
import type { Recipe, Steps, StepState } from '../stepped-change.ts';
import { auditedAs, newReason } from './odsl.audit.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import { itemOf } from './odsl.items.ts';
import { idOf } from './odsl.key.ts';
import { beforeSending } from './odsl.refusals.ts';
import { isSame, seen, seenVersion, type Standing, standingOf } from './odsl.standing.ts';

const rollbackOrder = z.object({
  id: z.string(),
  /** The version that goes. */
  newest: seenVersion,
  /** The version that is the newest one then; null where the process goes. */
  previous: seenVersion.nullable(),
  reason: z.string(),
});
type RollbackOrder = z.output<typeof rollbackOrder>;

/** Takes newest versions away. Each request takes one more, so none is ever sent again. */
export function rollingBackOf(tools: ChangeTools): Recipe<ChangeTerms, RollbackOrder> {
  return {
    order: rollbackOrder,
    plan: (request, signal) => planOf(tools, request, signal),
    send: async (order, departure) => {
      const { reads, writes, refusals } = tools;
      const standing = await beforeSending(standingOf(reads, order.id, departure.signal));
      if (standing === null || !isAsBefore(standing, order))
        throw refusals.overtaken(
          `Version ${order.newest.version} is not the newest one of ${order.id} any more, or another one lies below it.`,
        );
      await writes.rollBackProcess(order.id, order.reason, departure);
      return {};
    },
    look: (order, sent, signal) => lookForRollback(tools, order, sent, signal),
  };
}

async function planOf(
  { reads, refusals }: ChangeTools,
  { key, confirm }: ChangeTerms,
  signal: AbortSignal,
): Promise<Steps<RollbackOrder>> {
  const standing = await standingOf(reads, idOf(key), signal);
  if (standing === null) throw refusals.noProcess(key);
  const { id, wire } = standing;
  const [newest, previous] = standing.versions;
  if (previous === undefined && confirm !== 'delete')
    throw refusals.onlyVersion(standing, 'to roll it back');
  const about = { id, name: wire.name ?? null };
  const order = {
    id,
    newest: seen(newest),
    previous: previous === undefined ? null : seen(previous),
    reason: newReason(),
  };
  const item =
    previous === undefined
      ? itemOf({ ...about, effect: 'deleted' })
      : // The newest version alone bears the id of the process.
        itemOf({ ...about, version: { ...previous, versionId: id }, effect: 'rolled_back' });
  return { items: [item], steps: [{ item: 0, order }] };
}

function isAsBefore({ versions }: Standing, { newest, previous }: RollbackOrder): boolean {
  const [first, second] = versions;
  if (!isSame(first, newest)) return false;
  return previous === null
    ? second === undefined
    : second !== undefined && isSame(second, previous);
}

/** The audit trail goes first: others may have saved a version that went in place of the one that was to. */
async function lookForRollback(
  { reads, writes }: ChangeTools,
  order: RollbackOrder,
  { from }: SentWindow,
  signal: AbortSignal,
): Promise<StepState> {
  const { id, newest, previous, reason } = order;
  if ((await auditedAs(writes, reason, from, signal)) !== null) return { state: 'done' };
  const standing = await standingOf(reads, id, signal);
  if (standing === null && previous === null) return { state: 'done' };
  const [first] = standing?.versions ?? [];
  if (first !== undefined && isSame(first, newest)) return { state: 'open' };
  if (first !== undefined && previous !== null && isSame(first, previous)) return { state: 'done' };
  const what = first === undefined ? 'it is gone' : `its newest version is ${first.version}`;
  const why = `${id} was to go back from version ${newest.version} to ${previous?.version ?? 'none'}, and ${what}: others have changed it as well.`;
  return { state: 'unclear', why };
}
