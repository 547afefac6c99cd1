import { z } from 'zod';
import type { ChangeTerms } from '../../domain/change.ts';
import type { Recipe, StepState } from '../stepped-change.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import { itemOf } from './odsl.items.ts';
import { idOf } from './odsl.key.ts';
import { beforeSending, unlessStanding } from './odsl.refusals.ts';
import { isSame, seen, seenVersion, standingOf } from './odsl.standing.ts';

const deletionOrder = z.object({
  id: z.string(),
  /** The newest version: while it stands, nobody has deleted the process. */
  newest: seenVersion,
});
type DeletionOrder = z.output<typeof deletionOrder>;

/** Deletes processes with all their versions. */
export function deletingOf(tools: ChangeTools): Recipe<ChangeTerms, DeletionOrder> {
  const { reads, writes, refusals } = tools;
  return {
    order: deletionOrder,
    plan: async ({ key }, signal) => {
      const standing = await standingOf(reads, idOf(key), signal);
      if (standing === null) throw refusals.noProcess(key);
      const { id, wire, versions } = standing;
      const order = { id, newest: seen(versions[0]) };
      const item = itemOf({ id, name: wire.name ?? null, effect: 'deleted' });
      return { items: [item], steps: [{ item: 0, order }] };
    },
    send: async (order, departure) => {
      const look = (): Promise<StepState> => lookForProcess(tools, order, departure.signal);
      const found = await beforeSending(look());
      if (found.state === 'done') return {};
      if (found.state === 'unclear') throw refusals.overtaken(found.why);
      return unlessStanding(
        writes.deleteProcess(order.id, departure).then(() => ({})),
        look,
      );
    },
    look: (order, _sent, signal) => lookForProcess(tools, order, signal),
  };
}

async function lookForProcess(
  { reads }: ChangeTools,
  { id, newest }: DeletionOrder,
  signal: AbortSignal,
): Promise<StepState> {
  const standing = await standingOf(reads, id, signal);
  if (standing === null) return { state: 'done' };
  if (standing.versions.some((record) => isSame(record, newest))) return { state: 'open' };
  const why = `${id} stands on OpenDataDSL, but without version ${newest.version} that it had: others have changed it, or made it anew.`;
  return { state: 'unclear', why };
}
