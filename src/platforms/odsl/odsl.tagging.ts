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

const tagOrder = z.object({ id: z.string(), version: z.string(), tag: z.string() });
type TagOrder = z.output<typeof tagOrder>;

/** Points tags at versions; a tag that points elsewhere moves. */
export function taggingOf(tools: ChangeTools): Recipe<TagRequest, TagOrder> {
  return {
    order: tagOrder,
    plan: (request, signal) => planOf(tools, request, signal),
    send: ({ id, version, tag }, departure) =>
      unlessStanding(
        tools.writes.tagVersion(id, version, tag, departure).then(() => ({})),
        () => lookForTag(tools, { id, version, tag }, departure.signal),
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
  const order = { id: standing.id, version: found.version, tag };
  const isThere = (await lookForTag(tools, order, signal)).state === 'done';
  const effect = isThere ? 'unchanged' : 'tagged';
  const item = itemOf({
    id: standing.id,
    name: standing.wire.name ?? null,
    version: found,
    effect,
  });
  return { items: [item], steps: isThere ? [] : [{ item: 0, order }] };
}

async function lookForTag(
  { reads }: ChangeTools,
  { id, version, tag }: TagOrder,
  signal: AbortSignal,
): Promise<StepState> {
  const tagged = await reads.getProcess(id, tag, signal);
  return { state: versionOf(tagged?._version) === version ? 'done' : 'open' };
}
