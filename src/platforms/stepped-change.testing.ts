import { z } from 'zod';
import type { ChangedItem, ChangeReceipt, ChangeTerms } from '../domain/change.ts';
import {
  type GatewayError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import type { Departure, Progress, Reconciliation } from '../domain/write.ts';
import {
  type Learnt,
  type Recipe,
  type Step,
  SteppedChange,
  type Steps,
  type StepState,
} from './stepped-change.ts';

const order = z.object({ sets: z.string() });
export type Order = z.output<typeof order>;

export const timeoutMs = 5_000;
/** When all of it was sent. */
export const sent = { from: 0, until: 1 };
export const { signal } = new AbortController();

/** What the platform says with its refusals. */
export const answered = { status: 422, code: null, message: 'no', requestId: null };
export const lost = (): GatewayError =>
  new UpstreamUnavailableError('It broke.', { sent: 'maybe' });
export const refusal = (status = 422): GatewayError =>
  new UpstreamRejectedError('Not that one.', {
    sent: 'maybe',
    upstream: { ...answered, status },
  });

/** A platform where things are set, and that does with each what its test says. */
export class Told implements Recipe<ChangeTerms, Order> {
  readonly order = order;
  /** What is set. */
  readonly set = new Set<string>();
  /** Every request that has left, in its order. */
  readonly requests: string[] = [];
  /** The same of what was looked for. */
  readonly looks: string[] = [];
  /** What comes instead of an answer; `acts`: after it was done. */
  readonly fails = new Map<string, { readonly error: Error; readonly acts?: boolean }>();
  /** What is shown instead of the truth. */
  readonly shows = new Map<string, StepState | Error>();
  readonly learnt = new Map<string, Learnt>();
  readonly #steps: Steps<Order>;

  constructor(steps: Steps<Order>) {
    this.#steps = steps;
  }

  plan(): Promise<Steps<Order>> {
    return Promise.resolve(this.#steps);
  }

  async send({ sets }: Order, { permit }: Pick<Departure, 'permit'>): Promise<Learnt> {
    await Promise.resolve();
    permit();
    this.requests.push(sets);
    const failure = this.fails.get(sets);
    if (failure?.acts === true || failure === undefined) this.set.add(sets);
    if (failure !== undefined) throw failure.error;
    return this.learnt.get(sets) ?? {};
  }

  look({ sets }: Order): Promise<StepState> {
    this.looks.push(sets);
    const shown = this.shows.get(sets);
    if (shown instanceof Error) return Promise.reject(shown);
    if (shown !== undefined) return Promise.resolve(shown);
    const learnt = this.learnt.get(sets) ?? {};
    return Promise.resolve(this.set.has(sets) ? { state: 'done', learnt } : { state: 'open' });
  }
}

/** A change and the platform that it is made on, as the ledger goes through it. */
export class Changing {
  readonly told: Told;
  readonly change: SteppedChange<ChangeTerms, Order>;
  /** So many requests may leave; then their time is over. */
  permits = Infinity;
  /** How many of its items were done, each time that it was told. */
  readonly progress: number[] = [];
  #evidence: Native | null = null;

  constructor(items: readonly ChangedItem[], steps: readonly Step<Order>[]) {
    this.told = new Told({ items, steps });
    this.change = new SteppedChange(this.told, {
      timeoutMs,
      repeatable: true,
      showsWithinMs: 100,
    });
  }

  /** What is stored comes back from JSON. */
  async evidence(): Promise<Native> {
    const { evidence } = await this.change.prepare({ key: 'p', confirm: null }, signal);
    this.#evidence ??= JSON.parse(JSON.stringify(evidence)) as Native;
    return this.#evidence;
  }

  async send(): Promise<ChangeReceipt> {
    const permit = (): void => {
      this.permits -= 1;
      if (this.permits < 0) throw new UpstreamTimeoutError('Its time is over.', { sent: 'no' });
    };
    const openFile = (): Promise<never> => Promise.reject(new Error('there are none'));
    const onProgress = ({ done }: Progress): void => void this.progress.push(done);
    return this.change.send(await this.evidence(), { signal, permit, openFile, onProgress });
  }

  async reconcile(): Promise<Reconciliation<ChangeReceipt>> {
    return this.change.reconcile(await this.evidence(), sent, signal);
  }
}

export function item(name: string, about: Partial<ChangedItem> = {}): ChangedItem {
  return {
    process: name,
    name: null,
    version: null,
    versionId: null,
    deployment: null,
    effect: 'updated',
    problem: null,
    ...about,
  };
}

/** One item for each, with a step of its own. */
export function changing(...names: readonly string[]): Changing {
  return new Changing(
    names.map((name) => item(name)),
    names.map((sets, at) => ({ item: at, order: { sets } })),
  );
}

/** How the items have ended: their effects, or why they have failed. */
export function ends({ items }: ChangeReceipt): readonly string[] {
  return items.map(({ effect, problem }) =>
    problem === null ? effect : `${effect}: ${problem.code}`,
  );
}

/** Its error, which there has to be. */
export async function errorOf(work: Promise<unknown>): Promise<GatewayError> {
  return work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as GatewayError,
  );
}
