import type { SpentBudget } from '../domain/budget.ts';
import { UpstreamRateLimitedError } from '../domain/errors.ts';
import { fromEpochMs } from '../domain/instant.ts';
import type { UpstreamName } from './upstream-errors.ts';

/** How many calls an upstream takes in any stretch of time of a length. */
export interface CallLimit {
  /** Whoever names the same key spends from the same budget. */
  readonly key: string;
  readonly calls: number;
  readonly windowMs: number;
}

/** What stands in a window after a call was asked for, or only looked at. */
export interface Spending {
  /** Whether the calls asked for were taken. */
  readonly taken: boolean;
  /** Calls that count in the window now. */
  readonly used: number;
  /** Until the calls asked for would fit, in ms; 0 when they did. */
  readonly fitsInMs: number;
  /** Until nothing of it counts any more, in ms. */
  readonly emptyInMs: number;
}

/** The same with when each call that counts does so no more, in ms, soonest first. */
export interface Outlook extends Spending {
  readonly freeInMs: readonly number[];
}

/** What may be asked of one upstream, shared by everybody who spends it. */
export interface CallBudget {
  /**
   * Takes `calls` from the budget.
   * @throws UpstreamRateLimitedError with `sent: 'no'` and `retryAfterMs` when they do not fit
   * @throws StoreUnavailableError when nobody can say whether they do
   */
  spend(calls: number): Promise<void>;
  /** How it stands; null when nobody can say. */
  state(): Promise<SpentBudget | null>;
}

/**
 * Where spent calls are counted: within each window every call counts, wherever the window begins, because upstreams do not
 * say where theirs does. What is enough: `count` decides at once and for everybody who spends the same key.
 */
export abstract class Budgets {
  /** Takes calls if they fit; with `calls` 0 it only looks. */
  protected abstract count(limit: CallLimit, calls: number): Promise<Spending>;
  /** How it stands without taking anything; null when nobody can say. */
  protected abstract look(limit: CallLimit): Promise<Outlook | null>;

  /** Opens the budget of a connection; `name` is whom errors are about. */
  open(limit: CallLimit, name: UpstreamName): CallBudget {
    return {
      spend: async (calls) => {
        const { taken, fitsInMs } = await this.count(limit, calls);
        if (!taken) throw spentError(limit, name, fitsInMs);
      },
      state: async () => {
        const spending = await this.look(limit);
        return spending === null ? null : stateOf(limit, spending);
      },
    };
  }
}

/** A budget of which no more than a part of its own may be spent: what is left is for those who go before. */
export function shareOf(whole: CallBudget, part: CallBudget): CallBudget {
  return {
    spend: async (calls) => {
      await part.spend(calls);
      await whole.spend(calls);
    },
    state: () => whole.state(),
  };
}

function stateOf({ calls }: CallLimit, { used, emptyInMs, freeInMs }: Outlook): SpentBudget | null {
  const resetsAt = fromEpochMs(Date.now() + emptyInMs);
  return resetsAt === null
    ? null
    : { limit: calls, remaining: Math.max(calls - used, 0), resetsAt, freeInMs };
}

function spentError(
  { calls, windowMs }: CallLimit,
  { connection, platform, title }: UpstreamName,
  retryAfterMs: number,
): UpstreamRateLimitedError {
  return new UpstreamRateLimitedError(
    `${title} (${connection}) takes ${calls} such calls in ${Math.round(windowMs / 1_000)} seconds, and they are spent.`,
    { connection, platform, sent: 'no', retryAfterMs },
  );
}
