import { z } from 'zod';
import type { TagRequest } from '../../domain/change.ts';
import type { Recipe, Steps, StepState } from '../stepped-change.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import { itemOf } from './odsl.items.ts';
import { idOf } from './odsl.key.ts';
import { versionOf } from './odsl.mapper.ts';
import { flawOfTag } from './odsl.new-key.ts';
import { unlessStanding } from './odsl.refusals.ts';
import { standingOf } from './odsl.standing.ts';
import { versionMeant } from './odsl.version-meant.ts';

const tagOrder = z.object({
  id: z.string(),
  version: z.string(),
  tag: z.string(),
  /** The version that it pointed at before; null where there was no such tag. */
  before: z.string().nullable(),
});
type TagOrder = z.output<typeof tagOrder>;

/** Points tags at versions; a tag that points elsewhere moves. */
export function taggingOf(tools: ChangeTools): Recipe<TagRequest, TagOrder> {
  return {
    order: tagOrder,
    plan: (request, signal) => planOf(tools, request, signal),
    send: (order, departure) =>
      unlessStanding(
        tools.writes.tagVersion(order.id, order.version, order.tag, departure).then(() => ({})),
        () => lookForTag(tools, order, departure.signal),
      ),
    look: (order, _sent, signal) => lookForTag(tools, order, signal),
  };
}

async function planOf(
  tools: ChangeTools,
  { key, version, tag }: TagRequest,
  signal: AbortSignal,
): Promise<Steps<TagOrder>> {
  const { reads, refusals } = tools;
  const standing = await standingOf(reads, idOf(key), signal);
  if (standing === null) throw refusals.noProcess(key);
  const found = await versionMeant(tools, standing, version, signal);
  const flaw = flawOfTag(tag);
  if (flaw !== null)
    throw refusals.invalid(`No version can be tagged ${JSON.stringify(tag)}: a tag ${flaw}.`, [
      { at: 'tag', message: flaw },
    ]);
  const before = await taggedVersion(tools, { id: standing.id, tag }, signal);
  const order = { id: standing.id, version: found.version, tag, before };
  const isThere = before === found.version;
  const effect = isThere ? 'unchanged' : 'tagged';
  const item = itemOf({
    id: standing.id,
    name: standing.wire.name ?? null,
    version: found,
    effect,
  });
  return { items: [item], steps: isThere ? [] : [{ item: 0, order }] };
}

/** Where it points at a third version, others have moved it, before or after. */
async function lookForTag(
  tools: ChangeTools,
  order: TagOrder,
  signal: AbortSignal,
): Promise<StepState> {
  const { id, version, tag, before } = order;
  const tagged = await taggedVersion(tools, order, signal);
  if (tagged === version) return { state: 'done' };
  if (tagged === before) return { state: 'open' };
  const now = tagged === null ? 'gone' : `at version ${tagged}`;
  const why = `The tag ${tag} of ${id} was to go to version ${version}, and is ${now}: others have changed it, and whether it was there in between, OpenDataDSL does not show.`;
  return { state: 'unclear', why };
}

async function taggedVersion(
  { reads }: ChangeTools,
  { id, tag }: Pick<TagOrder, 'id' | 'tag'>,
  signal: AbortSignal,
): Promise<string | null> {
  return versionOf((await reads.getProcess(id, tag, signal))?._version);
}
