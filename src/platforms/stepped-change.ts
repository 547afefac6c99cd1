import { z } from 'zod';
import {
  changeEffects,
  type ChangedItem,
  type ChangePart,
  type ChangeProblem,
  type ChangeReceipt,
  type ChangeTerms,
  type PreparedChange,
} from '../domain/change.ts';
import {
  GatewayError,
  InternalError,
  isProblemCode,
  type ProblemCode,
  RecalledError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import type { Departure, Reconciliation, SentWindow } from '../domain/write.ts';
import { DoneItems } from './done-items.ts';

/** One request of a change. */
export interface Step<S> {
  /** Of which item it is a part: its place in the list of items. */
  readonly item: number;
  /** What the request says, as JSON. */
  readonly order: S;
}

/** What a change consists of, as it was checked against the upstream. */
export interface Steps<S> {
  /** With the effect that each will have; `unchanged` where it stands so already. */
  readonly items: readonly ChangedItem[];
  /** In the order in which they are sent; none where all stands so already. */
  readonly steps: readonly Step<S>[];
}

/** What is learnt of an item when its step is done, as the number that a new version got. */
export type Learnt = Partial<ChangedItem>;

/** What the upstream shows of a step. */
export type StepState =
  | { readonly state: 'done'; readonly learnt?: Learnt }
  | { readonly state: 'open' }
  /** `why` is a sentence for people. */
  | { readonly state: 'unclear'; readonly why: string };

/** How a platform makes one kind of change: which requests it takes, and what the upstream shows of each. */
export interface Recipe<Q extends ChangeTerms, S> {
  readonly order: z.ZodType<S>;
  /** @throws GatewayError as `ChangePart.prepare` does */
  plan(request: Q, signal: AbortSignal): Promise<Steps<S>>;
  /** One request; `permit` is called in the tick in which it is written, once. */
  send(order: S, departure: Departure): Promise<Learnt>;
  /** A full read that says whether the upstream is as the step wants it. */
  look(order: S, sent: SentWindow, signal: AbortSignal): Promise<StepState>;
}

export interface SteppedOptions {
  /** Of one request, in ms. */
  readonly timeoutMs: number;
  /** As `CertainWrite.repeatable`. */
  readonly repeatable: boolean;
  /** As `CertainWrite.showsWithinMs`. */
  readonly showsWithinMs: number;
  /** As `CertainWrite.lookMs`; that of three requests where it is left out. */
  readonly lookMs?: number;
  /** For how long several requests may leave without a break, in ms; a minute where it is left out. */
  readonly longestSpanMs?: number;
}

const itemShape = z.object({
  process: z.string(),
  name: z.string().nullable(),
  version: z.string().nullable(),
  versionId: z.string().nullable(),
  deployment: z.string().nullable(),
  effect: z.enum(changeEffects),
  problem: z.object({ code: z.custom<ProblemCode>(isProblemCode), detail: z.string() }).nullable(),
});

const notTried: ChangeProblem = {
  code: 'conflict',
  detail: 'It was not tried, as one before it failed.',
};
const notArrived: ChangeProblem = {
  code: 'upstream_unavailable',
  detail: 'No answer came to it, and the platform shows that it was not done.',
};
/** Steps leave for so long without a break: whoever takes over from one that has died waits for it, in ms. */
const longestSpanMs = 60_000;
/** A look reads the upstream for each step; several may share a read. */
const looksLong = 3;

/** A change made of steps, each of which sets what is to be: what was done by half is gone on with. */
export class SteppedChange<Q extends ChangeTerms, S> implements ChangePart<Q> {
  readonly repeatable: boolean;
  readonly timeoutMs: number;
  readonly showsWithinMs: number;
  readonly lookMs: number;
  readonly #longestSpanMs: number;
  readonly #recipe: Recipe<Q, S>;

  constructor(recipe: Recipe<Q, S>, options: SteppedOptions) {
    const { timeoutMs } = options;
    this.#recipe = recipe;
    this.timeoutMs = timeoutMs;
    this.repeatable = options.repeatable;
    this.showsWithinMs = options.showsWithinMs;
    this.lookMs = options.lookMs ?? timeoutMs * looksLong;
    this.#longestSpanMs = options.longestSpanMs ?? longestSpanMs;
  }

  /** Each step waits for the one before it, and may read before it is sent; what is left then is gone on with as a try of its own. */
  spanMs(evidence: Native): number {
    const { length } = this.#read(evidence).steps;
    const longest = length > 1 ? this.#longestSpanMs : longestSpanMs;
    return Math.min(length * this.timeoutMs, longest);
  }

  async prepare(request: Q, signal: AbortSignal): Promise<PreparedChange> {
    const { items, steps } = await this.#recipe.plan(request, signal);
    return { items, evidence: { items, steps } };
  }

  async send(evidence: Native, departure: Departure): Promise<ChangeReceipt> {
    const { items, steps } = this.#read(evidence);
    const done = new Map<number, Learnt>();
    const count = new DoneItems(items, steps);
    for (const [at, { item, order }] of steps.entries()) {
      try {
        done.set(at, await this.#done(order, steps.length > 1, departure));
      } catch (error) {
        if (done.size === 0) throw error;
        // What is left is found out, and gone on with, as after an answer that was lost.
        if (!isRefused(error) && !isHopeless(error)) throw begun(error);
        return { items: shownAs(items, steps, done, { at, problem: problemOf(error) }) };
      }
      departure.onProgress?.({ done: count.with(item, done.get(at)), isVerifying: false });
    }
    return { items: shownAs(items, steps, done, null) };
  }

  async reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<ChangeReceipt>> {
    const { items, steps } = this.#read(evidence);
    const done = new Map<number, Learnt>();
    for (const [at, { order }] of steps.entries()) {
      const seen = await this.#recipe.look(order, sent, signal);
      if (seen.state === 'unclear') return { state: 'undecided', why: seen.why, candidates: [] };
      if (seen.state === 'done') done.set(at, seen.learnt ?? {});
    }
    if (done.size === 0 && steps.length > 0) return { state: 'absent' };
    if (done.size === steps.length)
      return { state: 'applied', receipt: { items: shownAs(items, steps, done, null) } };
    const at = steps.findIndex((_, step) => !done.has(step));
    const open = { at, problem: notArrived };
    return { state: 'partial', receipt: { items: shownAs(items, steps, done, open) } };
  }

  /** One of several may have been done by an earlier try. */
  async #done(order: S, isOneOfSeveral: boolean, departure: Departure): Promise<Learnt> {
    if (isOneOfSeveral) {
      const now = Date.now();
      const window = { from: now, until: now };
      const seen = await unsent(this.#recipe.look(order, window, departure.signal));
      if (seen.state === 'done') return seen.learnt ?? {};
    }
    return this.#recipe.send(order, departure);
  }

  #read(evidence: Native): Steps<S> {
    const { order } = this.#recipe;
    const shape = z.object({
      items: z.array(itemShape),
      steps: z.array(z.object({ item: z.int(), order })),
    });
    const { data, error } = shape.safeParse(evidence);
    if (data !== undefined) return data;
    throw new InternalError('What was stored of a change cannot be read any more.', {
      sent: 'no',
      outcome: 'not_sent',
      cause: error,
    });
  }
}

/** The items as they are when some steps are done and the others are not. */
function shownAs<S>(
  items: readonly ChangedItem[],
  steps: readonly Step<S>[],
  done: ReadonlyMap<number, Learnt>,
  open: { readonly at: number; readonly problem: ChangeProblem } | null,
): readonly ChangedItem[] {
  return items.map((item, place) => {
    const own = [...steps.entries()].filter(([, step]) => step.item === place);
    const undone = own.find(([at]) => !done.has(at));
    if (undone !== undefined) {
      const problem = undone[0] === open?.at ? open.problem : notTried;
      return { ...item, effect: 'failed', problem };
    }
    return Object.assign({}, item, ...own.map(([at]) => done.get(at) ?? {})) as ChangedItem;
  });
}

/** An answer that says no, of a platform that has read the request. */
function isRefused(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError)) return false;
  const { code, details } = error;
  if (details.sent === 'no' || code === 'upstream_rate_limited') return false;
  const status = details.upstream?.status ?? 0;
  return (
    code === 'conflict' ||
    code === 'precondition_failed' ||
    (status >= 400 && status < 500 && status !== 408)
  );
}

/** It has not left, and trying it again would bring nothing. */
function isHopeless(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError)) return false;
  return error.details.sent === 'no' && error.details.retryable === false;
}

function problemOf({ code, message }: GatewayError): ChangeProblem {
  return { code, detail: message };
}

/** What is read before a request: where that fails, the request has not left, and nobody has refused it. */
async function unsent<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new RecalledError(error, error.message, { ...error.details, sent: 'no', cause: error });
  }
}

/**
 * Some of it was done, so it cannot be said that nothing has left, or that it was refused. Where the step itself has not
 * left, or was turned away at the door, nobody holds it either.
 */
function begun(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, details, message } = error;
  const { connection, platform } = details;
  const named = {
    ...(connection === undefined ? {} : { connection }),
    ...(platform === undefined ? {} : { platform }),
  };
  if (details.sent === 'no' || code === 'upstream_rate_limited')
    return new UpstreamUnavailableError(message, { ...named, sent: 'maybe', cause: error });
  return new RecalledError(error, message, { ...details, sent: 'maybe', cause: error });
}
