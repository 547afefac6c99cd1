import { z } from 'zod';
import type { VersionRequest } from '../../domain/change.ts';
import type { Recipe, Steps, StepState } from '../stepped-change.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import { itemOf } from './odsl.items.ts';
import { idOf } from './odsl.key.ts';
import { beforeSending, unlessStanding } from './odsl.refusals.ts';
import { isSame, seen, seenVersion, type Standing, standingOf } from './odsl.standing.ts';
import { versionMeant } from './odsl.version-meant.ts';

const versionDeletionOrder = z.object({
  id: z.string(),
  version: seenVersion,
  /** Whether it may be the only one, with which the process goes. */
  mayBeOnly: z.boolean(),
});
type VersionDeletionOrder = z.output<typeof versionDeletionOrder>;

/** Deletes single versions, by their numbers. */
export function versionDeletingOf(
  tools: ChangeTools,
): Recipe<VersionRequest, VersionDeletionOrder> {
  return {
    order: versionDeletionOrder,
    plan: (request, signal) => planOf(tools, request, signal),
    send: async (order, departure) => {
      const { reads, writes, refusals } = tools;
      const { id, version, mayBeOnly } = order;
      const standing = await beforeSending(standingOf(reads, id, departure.signal));
      const found = stateOf(standing, order);
      if (found.state === 'done') return {};
      if (found.state === 'unclear') throw refusals.overtaken(found.why);
      if (standing?.versions.length === 1 && !mayBeOnly)
        throw refusals.overtaken(`${version.version} is the only version of ${id} by now.`);
      return unlessStanding(
        writes.deleteVersion(id, version.version, departure).then(() => ({})),
        async () => stateOf(await standingOf(reads, id, departure.signal), order),
      );
    },
    look: async (order, _sent, signal) =>
      stateOf(await standingOf(tools.reads, order.id, signal), order),
  };
}

async function planOf(
  { reads, refusals }: ChangeTools,
  { key, version, confirm }: VersionRequest,
  signal: AbortSignal,
): Promise<Steps<VersionDeletionOrder>> {
  const standing = await standingOf(reads, idOf(key), signal);
  if (standing === null) throw refusals.noProcess(key);
  const { id, wire, versions } = standing;
  const found = await versionMeant({ reads, refusals }, standing, version, signal);
  const mayBeOnly = confirm === 'delete';
  if (versions.length === 1 && !mayBeOnly) throw refusals.onlyVersion(standing, 'to delete it');
  const item = itemOf({ id, name: wire.name ?? null, version: found, effect: 'deleted' });
  return {
    items: [item],
    steps: [{ item: 0, order: { id, version: seen(found), mayBeOnly } }],
  };
}

function stateOf(standing: Standing | null, { id, version }: VersionDeletionOrder): StepState {
  const there = standing?.versions.find((record) => record.version === version.version);
  if (there === undefined) return { state: 'done' };
  if (isSame(there, version)) return { state: 'open' };
  const why = `Version ${version.version} of ${id} is another one than it was: others have saved it anew.`;
  return { state: 'unclear', why };
}
