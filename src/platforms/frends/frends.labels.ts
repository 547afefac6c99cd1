import { z } from 'zod';
import type { UpdateRequest } from '../../domain/change.ts';
import { CapabilityNotSupportedError, PreconditionFailedError } from '../../domain/errors.ts';
import type { SentWindow } from '../../domain/write.ts';
import type { Learnt, Recipe, Step, Steps, StepState } from '../stepped-change.ts';
import type { FrendsChangesClient, Sending } from './frends.changes-client.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsRelease } from './frends.release.ts';
import type { FrendsStandings, Standing } from './frends.standing.ts';

const order = z.object({
  kind: z.enum(['add', 'remove']),
  guid: z.string(),
  tags: z.array(z.string()),
});
type Order = z.output<typeof order>;

/** What changes of labels work with. */
export interface LabelTools {
  readonly client: FrendsClient;
  readonly changes: FrendsChangesClient;
  readonly standings: FrendsStandings;
  readonly release: FrendsRelease;
}

/**
 * Labels, set to exactly what is asked for: what is missing is added and what is too much removed, so that a tag which
 * somebody else has added meanwhile stays.
 */
export class FrendsLabels implements Recipe<UpdateRequest, Order> {
  readonly order = order;
  readonly #tools: LabelTools;
  readonly #timeoutMs: number;

  constructor(tools: LabelTools, timeoutMs: number) {
    this.#tools = tools;
    this.#timeoutMs = timeoutMs;
  }

  async plan({ key, patch, ifMatch }: UpdateRequest, signal: AbortSignal): Promise<Steps<Order>> {
    const { client, release, standings } = this.#tools;
    if (!(await release.canTag(signal)))
      throw new CapabilityNotSupportedError(
        'The release of Frends has no calls that change labels.',
        standings.refused(),
      );
    const standing = await standings.of(key, signal);
    this.#fits(standing, ifMatch);
    const { guid, name, lineage } = standing;
    const before = (await client.tagsOf([guid], signal)).get(guid) ?? [];
    const wanted = patch.labels ?? before;
    const added = [...new Set(wanted)].filter((tag) => !before.includes(tag));
    const removed = before.filter((tag) => !wanted.includes(tag));
    const steps = [stepOf('add', guid, added), stepOf('remove', guid, removed)].flat();
    const item = {
      process: guid,
      name,
      version: String(lineage.current.version),
      versionId: String(lineage.current.id),
      deployment: null,
      effect: steps.length === 0 ? 'unchanged' : 'updated',
      problem: null,
    } as const;
    return { items: [item], steps };
  }

  async send({ kind, guid, tags }: Order, departure: Omit<Sending, 'timeoutMs'>): Promise<Learnt> {
    const { changes } = this.#tools;
    const sending = { ...departure, timeoutMs: this.#timeoutMs };
    await (kind === 'add'
      ? changes.addTags(guid, tags, sending)
      : changes.removeTags(guid, tags, sending));
    return {};
  }

  async look(
    { kind, guid, tags }: Order,
    _sent: SentWindow,
    signal: AbortSignal,
  ): Promise<StepState> {
    const now = (await this.#tools.client.tagsOf([guid], signal)).get(guid) ?? [];
    const isDone = tags.every((tag) => now.includes(tag) === (kind === 'add'));
    return { state: isDone ? 'done' : 'open' };
  }

  #fits({ name, lineage }: Standing, ifMatch: string | null): void {
    const { version } = lineage.current;
    if (ifMatch === null || ifMatch === '*' || ifMatch === String(version)) return;
    throw new PreconditionFailedError(
      `The latest version of ${name} is ${version}, not ${ifMatch}.`,
      this.#tools.standings.refused(),
    );
  }
}

function stepOf(kind: Order['kind'], guid: string, tags: string[]): Step<Order>[] {
  return tags.length === 0 ? [] : [{ item: 0, order: { kind, guid, tags } }];
}
