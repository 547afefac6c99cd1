import type { PutRequest } from '../../domain/change.ts';
import type { FieldError } from '../../domain/errors.ts';
import type { Recipe, Step, Steps } from '../stepped-change.ts';
import { newReason } from './odsl.audit.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import { flawsOf, isAsWished, type Merged, mergedWith, type Wish } from './odsl.configuration.ts';
import { itemOf } from './odsl.items.ts';
import { idOf } from './odsl.key.ts';
import { flawOfChosenKey } from './odsl.new-key.ts';
import { saveOf, type SaveOrder, saveOrder } from './odsl.save.ts';
import { OdslSaving } from './odsl.saving.ts';
import { seen, type Standing, standingOf } from './odsl.standing.ts';

/** Makes configurations, and replaces them. */
export function puttingOf(tools: ChangeTools): Recipe<PutRequest, SaveOrder> {
  const saving = new OdslSaving(tools);
  return {
    order: saveOrder,
    plan: (request, signal) => planOf(tools, request, signal),
    send: (order, departure) => saving.send(saveOf(order), departure),
    look: (order, sent, signal) => saving.look(saveOf(order), sent, signal),
  };
}

async function planOf(
  tools: ChangeTools,
  request: PutRequest,
  signal: AbortSignal,
): Promise<Steps<SaveOrder>> {
  const id = idOf(request.key);
  if (id === null) throw tools.refusals.noProcess(request.key);
  const standing = await standingOf(tools.reads, id, signal);
  const wish: Wish = { members: request.configuration, replaces: true };
  check(tools, { id, standing, wish, ifMatch: request.ifMatch });
  const newest = standing?.versions[0] ?? null;
  const name = mergedWith(id, standing?.wire ?? null, wish).body['name'];
  const about = { id, name: typeof name === 'string' ? name : null };
  if (standing !== null && newest !== null && isAsWished(standing.wire, wish))
    return { items: [itemOf({ ...about, version: newest, effect: 'unchanged' })], steps: [] };
  const order: SaveOrder = {
    op: 'save',
    id,
    ...wish,
    before: newest === null ? null : seen(newest),
    onlyIf: request.ifMatch,
    reason: newReason(),
  };
  const steps: Step<SaveOrder>[] = [{ item: 0, order }];
  return { items: [itemOf({ ...about, effect: newest === null ? 'created' : 'updated' })], steps };
}

interface Checked {
  readonly id: string;
  readonly standing: Standing | null;
  readonly wish: Wish;
  readonly ifMatch: string | null;
}

function check({ refusals }: ChangeTools, { id, standing, wish, ifMatch }: Checked): void {
  const keyFlaw = standing === null ? flawOfChosenKey(id) : null;
  if (keyFlaw !== null) {
    const errors = [{ at: 'id', message: keyFlaw }];
    throw refusals.invalid(`No process can be made under the key ${id}: it ${keyFlaw}.`, errors);
  }
  const flaws = flawsOf(id, wish.members);
  const errors =
    flaws.length > 0 ? flaws : missingSecrets(mergedWith(id, standing?.wire ?? null, wish));
  if (errors.length > 0)
    throw refusals.invalid(
      `This is no configuration of ${id}: ${errors.map((each) => `${each.at} ${each.message}`).join(', ')}.`,
      errors,
    );
  checkVersion({ refusals }, standing, { id, ifMatch });
  checkName({ refusals }, standing, id, wish.members['name']);
}

function missingSecrets({ unknownSecrets }: Merged): FieldError[] {
  const message = 'must be the secret itself: there is none that could stay';
  return unknownSecrets.map((at) => ({ at, message }));
}

/** @throws PreconditionFailedError when another version is the newest one than `If-Match` says */
export function checkVersion(
  { refusals }: Pick<ChangeTools, 'refusals'>,
  standing: Standing | null,
  { id, ifMatch }: { readonly id: string; readonly ifMatch: string | null },
): void {
  const newest = standing?.versions[0].version ?? null;
  if (ifMatch === null || ifMatch === newest || (ifMatch === '*' && newest !== null)) return;
  throw refusals.otherVersion(id, ifMatch, newest);
}

/**
 * The documents make processes by their names alone: another name would be another process.
 * @throws UpstreamRejectedError where it is neither the key nor the name that stands
 */
export function checkName(
  { refusals }: Pick<ChangeTools, 'refusals'>,
  standing: Standing | null,
  id: string,
  name: unknown,
): void {
  if (typeof name !== 'string' || name === id || name === standing?.wire.name) return;
  const [what, instead] =
    standing === null
      ? ['not this one', `name it ${id}, or leave the name out`]
      : ['a second one beside this', 'to rename this one, change its `key`'];
  throw refusals.rejected(
    `${refusals.who} files processes under their names: of ${JSON.stringify(name)} it would make ${what}. Leave \`name\` as it is; ${instead}.`,
    [{ at: 'name', message: `must be ${standing?.wire.name ?? id}, or be left out` }],
  );
}
