import { z } from 'zod';
import type { Learnt, StepState } from '../stepped-change.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import type { OneDeparture } from './odsl.changes-client.ts';
import { versionOf } from './odsl.mapper.ts';
import { beforeSending, unlessStanding } from './odsl.refusals.ts';
import { currentOf } from './odsl.standing.ts';

/** A rename as it is stored. */
export const renameOrder = z.object({
  op: z.literal('rename'),
  id: z.string(),
  to: z.string(),
  /** The version that has to be the newest one still, `*`: that there is one; null: any. */
  onlyIf: z.string().nullable(),
});
export type RenameOrder = z.output<typeof renameOrder>;

/** Gives a process another key. */
export async function sendRename(
  { reads, writes, refusals }: ChangeTools,
  order: RenameOrder,
  departure: OneDeparture,
): Promise<Learnt> {
  const { id, to, onlyIf } = order;
  const look = (): Promise<StepState> => lookForRename({ reads }, order, departure.signal);
  const found = await beforeSending(look());
  if (found.state === 'done') return found.learnt ?? {};
  if (found.state === 'unclear') throw refusals.overtaken(found.why);
  // That there is one has been seen.
  if (onlyIf !== null && onlyIf !== '*') {
    const newest = versionOf(
      (await beforeSending(currentOf(reads, id, departure.signal)))?._version,
    );
    if (newest !== onlyIf) throw refusals.otherVersionByNow(id, onlyIf, newest);
  }
  return unlessStanding(
    writes.renameProcess(id, to, departure).then(() => ({})),
    look,
  );
}

/** One of the two keys is there, and says which: the new one was free before. */
export async function lookForRename(
  { reads }: Pick<ChangeTools, 'reads'>,
  { id, to }: RenameOrder,
  signal: AbortSignal,
): Promise<StepState> {
  const before = await currentOf(reads, id, signal);
  const after = await currentOf(reads, to, signal);
  if (before !== null && after === null) return { state: 'open' };
  if (before === null && after !== null)
    return { state: 'done', learnt: { version: versionOf(after._version), versionId: after._id } };
  const what = before === null ? `neither ${id} nor ${to} any more` : `both ${id} and ${to}`;
  return { state: 'unclear', why: `OpenDataDSL has ${what}: others have changed one of them.` };
}
