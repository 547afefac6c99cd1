import { z } from 'zod';
import type { ChangedItem, UpdateRequest } from '../../domain/change.ts';
import {
  CapabilityNotSupportedError,
  ConflictError,
  PreconditionFailedError,
} from '../../domain/errors.ts';
import { formatId } from '../../domain/ids.ts';
import type { SentWindow } from '../../domain/write.ts';
import { readFirst } from '../../upstream/read-first.ts';
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
import type { RepositoryWire } from './concord.wire.ts';

/** Only the switch: the rest of a repository is read when it is sent back, as its URL may hold a password. */
const order = repositoryOrder.extend({ enabled: z.boolean() });
type Order = z.output<typeof order>;

const word = 'repository';

/** Whether flows can be started. Concord switches repositories, so all flows of one are switched. */
export class ConcordEnabling implements Recipe<UpdateRequest, Order> {
  readonly order = order;
  readonly #tools: RepositoryTools;

  constructor(tools: RepositoryTools) {
    this.#tools = tools;
  }

  async plan(
    { key, patch, confirm, ifMatch }: UpdateRequest,
    signal: AbortSignal,
  ): Promise<Steps<Order>> {
    const found = await this.#tools.repositories.behind(key, signal);
    const isEnabled = this.#isEnabled(found.repository);
    const enabled = patch.enabled ?? isEnabled;
    if (enabled !== isEnabled && confirm !== word) throw this.#unconfirmed(found, enabled);
    if (ifMatch !== null && ifMatch !== '*')
      throw new PreconditionFailedError(
        `Concord has no versions, so ${key} cannot be at ${ifMatch}.`,
        this.#tools.repositories.refused(),
      );
    if (enabled === isEnabled) return { items: itemsOf(found, 'unchanged'), steps: [] };
    const step = { item: 0, order: { ...orderOf(found), enabled } };
    return { items: itemsOf(found, 'updated'), steps: [step] };
  }

  /** The server takes a repository whole, so what it is now is sent back with the switch turned. */
  async send(step: Order, departure: Omit<Sending, 'timeoutMs'>): Promise<Learnt> {
    const { changes, timeoutMs } = this.#tools;
    const repository = await readFirst(() => this.#read(step, departure.signal));
    if (repository === null) throw this.#gone(step);
    if (repository.disabled === !step.enabled) return {};
    const entry = { ...repository, disabled: !step.enabled };
    try {
      await changes.saveRepository(step, entry, { ...departure, timeoutMs });
      return {};
    } catch (error) {
      throw changeRefusal(error, step);
    }
  }

  async look(step: Order, _sent: SentWindow, signal: AbortSignal): Promise<StepState> {
    const repository = await this.#read(step, signal);
    if (repository === null) return { state: 'unclear', why: goneSentence(step) };
    return { state: repository.disabled === !step.enabled ? 'done' : 'open' };
  }

  async #read(step: Order, signal: AbortSignal): Promise<RepositoryWire | null> {
    return meant(step, await this.#tools.client.getRepository(step, signal));
  }

  /** Servers that have the switch always show it. */
  #isEnabled({ disabled }: RepositoryWire): boolean {
    if (typeof disabled === 'boolean') return !disabled;
    throw new CapabilityNotSupportedError(
      'This server has no switch that disables repositories.',
      this.#tools.repositories.refused(),
    );
  }

  #unconfirmed(found: Parameters<typeof itemsOf>[0], enabled: boolean): ConflictError {
    const { repository, project } = found.place;
    const details = this.#tools.repositories.refused();
    const [own, ...siblings] = itemsOf(found, 'updated');
    const does = enabled ? 'enables' : 'disables';
    const names = siblings.map(nameOf).join(', ');
    const also = names === '' ? '' : `, and with it: ${names}`;
    const stands = siblings.map(({ process, name }) => ({
      id: formatId(details.connection ?? '', process),
      name,
    }));
    return new ConflictError(
      `That ${does} the whole repository ${repository} of the project ${project}, not only ${nameOf(own)}${also}. Say ?confirm=${word} to do that.`,
      { ...details, members: { confirm: word, stands } },
    );
  }

  #gone(step: Order): ConflictError {
    const details = this.#tools.repositories.refused({ outcome: 'rejected' });
    return new ConflictError(goneSentence(step), details);
  }
}

function nameOf(item: ChangedItem | undefined): string {
  return item?.name ?? item?.process ?? 'it';
}
