import { z } from 'zod';
import type { ChangeTerms } from '../../domain/change.ts';
import type { SentWindow } from '../../domain/write.ts';
import type { Learnt, Recipe, Steps, StepState } from '../stepped-change.ts';
import { changeRefusal } from './concord.change-refusal.ts';
import { itemsOf } from './concord.repositories.ts';
import {
  goneSentence,
  meant,
  orderOf,
  repositoryOrder,
  type RepositoryTools,
} from './concord.repository-order.ts';
import type { Sending } from './concord.run-client.ts';
import type { RepositoryWire, TriggerWire } from './concord.wire.ts';

/** With what was known of the repository before; null where Concord had never read it. */
const order = repositoryOrder.extend({ before: z.string().nullable() });
type Order = z.output<typeof order>;

const noTrace =
  'Concord keeps no trace of a refresh that found nothing new in Git: ask for it again, which does no harm.';

/** A repository read anew from Git: its flows, profiles and triggers. */
export class ConcordRefreshing implements Recipe<ChangeTerms, Order> {
  readonly order = order;
  readonly #tools: RepositoryTools;

  constructor(tools: RepositoryTools) {
    this.#tools = tools;
  }

  async plan({ key }: ChangeTerms, signal: AbortSignal): Promise<Steps<Order>> {
    const { repositories, client } = this.#tools;
    const found = await repositories.behind(key, signal);
    const triggers = await client.listRepositoryTriggers(found.place, signal);
    const before = knownOf(found.repository, triggers);
    const step = { item: 0, order: { ...orderOf(found), before } };
    return { items: itemsOf(found, 'refreshed'), steps: [step] };
  }

  async send(step: Order, departure: Omit<Sending, 'timeoutMs'>): Promise<Learnt> {
    const { changes, timeoutMs } = this.#tools;
    try {
      await changes.refreshRepository(step, { ...departure, timeoutMs });
      return {};
    } catch (error) {
      throw changeRefusal(error, step);
    }
  }

  /** Only what has changed shows: nobody writes down when a repository was read. */
  async look(step: Order, _sent: SentWindow, signal: AbortSignal): Promise<StepState> {
    const { client } = this.#tools;
    const [listed, triggers] = await Promise.all([
      client.getRepository(step, signal),
      client.listRepositoryTriggers(step, signal),
    ]);
    const repository = meant(step, listed);
    if (repository === null) return { state: 'unclear', why: goneSentence(step) };
    const now = knownOf(repository, triggers);
    if (now !== step.before) return { state: 'done' };
    return now === null ? { state: 'open' } : { state: 'unclear', why: noTrace };
  }
}

/** What Concord knows from Git; triggers keep their ids as long as they stay as they are. */
function knownOf({ meta }: RepositoryWire, triggers: readonly TriggerWire[]): string | null {
  if (meta === null || meta === undefined) return null;
  const { entryPoints, profiles } = meta;
  const ids = triggers.map(({ id }) => id ?? '');
  return JSON.stringify([entryPoints, profiles, ids].map((each) => [...(each ?? [])].sort()));
}
