import { z } from 'zod';
import type { ChangedItem, UpdateRequest } from '../../domain/change.ts';
import type { Native } from '../../domain/native.ts';
import type { Recipe, Step, Steps } from '../stepped-change.ts';
import { newReason } from './odsl.audit.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import { isAsWished, type Wish } from './odsl.configuration.ts';
import { itemOf } from './odsl.items.ts';
import { idOf } from './odsl.key.ts';
import { flawOfChosenKey } from './odsl.new-key.ts';
import { checkName, checkVersion } from './odsl.put.ts';
import { lookForRename, type RenameOrder, renameOrder, sendRename } from './odsl.renaming.ts';
import { saveOf, saveOrder } from './odsl.save.ts';
import { OdslSaving } from './odsl.saving.ts';
import { currentOf, seen, type Standing, standingOf } from './odsl.standing.ts';

const patchOrder = z.discriminatedUnion('op', [saveOrder, renameOrder]);
type PatchOrder = z.output<typeof patchOrder>;

/** What `PATCH` can change here: a new `key` is a rename; of `name` see `checkName`. */
export const patchedFields = ['name', 'enabled', 'description', 'key'] as const;

/** Changes single members of processes. */
export function patchingOf(tools: ChangeTools): Recipe<UpdateRequest, PatchOrder> {
  const saving = new OdslSaving(tools);
  return {
    order: patchOrder,
    plan: (request, signal) => planOf(tools, request, signal),
    send: (order, departure) =>
      order.op === 'save'
        ? saving.send(saveOf(order), departure)
        : sendRename(tools, order, departure),
    look: (order, sent, signal) =>
      order.op === 'save'
        ? saving.look(saveOf(order), sent, signal)
        : lookForRename(tools, order, signal),
  };
}

/** The rename goes first: from then on all that is said of the process bears its new key. */
async function planOf(
  tools: ChangeTools,
  { key, patch, ifMatch }: UpdateRequest,
  signal: AbortSignal,
): Promise<Steps<PatchOrder>> {
  const standing = await standingOf(tools.reads, idOf(key), signal);
  if (standing === null) throw tools.refusals.noProcess(key);
  checkPatch(tools, standing, patch.key);
  checkVersion(tools, standing, { id: standing.id, ifMatch });
  const to = patch.key === standing.id ? undefined : patch.key;
  if (to !== undefined) await checkFree(tools, to, signal);
  const about = { id: to ?? standing.id, name: patch.name ?? standing.wire.name ?? null };
  checkName(tools, standing, about.id, patch.name);
  const wish = wishOf(patch);
  const items: ChangedItem[] = [];
  const steps: Step<PatchOrder>[] = [];
  if (to !== undefined) {
    const order: RenameOrder = { op: 'rename', id: standing.id, to, onlyIf: ifMatch };
    steps.push({ item: items.push(itemOf({ ...about, effect: 'renamed' })) - 1, order });
  }
  if (!isAsWished(standing.wire, wish)) {
    const more = { id: about.id, isRenamed: to !== undefined, onlyIf: ifMatch };
    const order = orderOf(standing, wish, more);
    steps.push({ item: items.push(itemOf({ ...about, effect: 'updated' })) - 1, order });
  }
  if (steps.length === 0)
    items.push(itemOf({ ...about, version: standing.versions[0], effect: 'unchanged' }));
  return { items, steps };
}

/** One save for all of them. */
function wishOf({ name, enabled, description }: UpdateRequest['patch']): Wish {
  const members: Native = {
    ...(name === undefined ? {} : { name }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(description === undefined ? {} : { description }),
  };
  return { members, replaces: false };
}

function orderOf(
  { versions: [newest] }: Standing,
  wish: Wish,
  { id, isRenamed, onlyIf }: { id: string; isRenamed: boolean; onlyIf: string | null },
): PatchOrder {
  return {
    op: 'save',
    id,
    ...wish,
    // Whether a rename gives the newest version another time, or makes another one, is not said.
    before: isRenamed ? { ...seen(newest), createdAt: null } : seen(newest),
    onlyIf: isRenamed ? null : onlyIf,
    reason: newReason(),
  };
}

function checkPatch({ refusals }: ChangeTools, { id }: Standing, key: string | undefined): void {
  const flaw = key === undefined || key === id ? null : flawOfChosenKey(key);
  if (flaw === null) return;
  const what = `${id} cannot be renamed to ${JSON.stringify(key)}: a key ${flaw}.`;
  throw refusals.invalid(what, [{ at: 'key', message: flaw }]);
}

async function checkFree(
  { reads, refusals }: ChangeTools,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await currentOf(reads, key, signal)) === null) return;
  throw refusals.conflict(
    `${refusals.who} has a process ${key} already: choose another key, or delete that one first.`,
  );
}
