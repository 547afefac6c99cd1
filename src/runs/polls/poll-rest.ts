import type { Connection } from '../../connections/connection.ts';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import type { SpentBudget } from '../../domain/budget.ts';
import type { RunPolls } from './run-polls.ts';

/** What has to be known of a connection that rests. */
type Spender = Pick<Connection, 'id'> & { readonly adapter: Pick<PlatformAdapter, 'budget'> };

const longestMs = 60_000;
/** A look counts at least so much of what the one before did: calls that stop to count meanwhile make it seem cheaper. */
const forgetting = 0.5;

/** Where no limit is published, a look is followed by a rest of so many times what it took until the last answer came. */
const restPerLook = 2;

/**
 * Lets a connection rest after each look, so long that what is left of its budget would last for such looks: however many
 * runs there are, and however many connections spend the same budget, something is left for lists and starts.
 */
export class PollRest {
  readonly #polls: Pick<RunPolls, 'rest'>;
  readonly #costs = new Map<string, number>();

  constructor(polls: Pick<RunPolls, 'rest'>) {
    this.#polls = polls;
  }

  /**
   * Looks, and lets the connection rest; `now` is the time of the store at which the look begins. The look calls `answered`
   * when something came: what the last one is waited for in vain says little of how busy the platform is.
   */
  async after<T>(
    connection: Spender,
    now: number,
    look: (answered: () => void) => Promise<T>,
  ): Promise<T> {
    const begin = performance.now();
    const before = await budgetOf(connection);
    let answeredAt = Number.NaN;
    const result = await look(() => {
      answeredAt = performance.now();
    });
    const left = before === null ? null : await budgetOf(connection);
    const lookMs = (Number.isNaN(answeredAt) ? performance.now() : answeredAt) - begin;
    const restMs =
      before === null || left === null
        ? lookMs * (1 + restPerLook)
        : this.#lasting(connection.id, before.remaining - left.remaining, left);
    await this.#polls.rest(connection.id, now, Math.round(Math.min(restMs, longestMs)));
    return result;
  }

  /**
   * From one look to the next, so that what is left by then, with what comes back until then and without what the next
   * look takes, would last for a window.
   */
  #lasting(
    connection: string,
    spent: number,
    { remaining, resetsAt, freeInMs }: SpentBudget,
  ): number {
    const cost = Math.max(spent, (this.#costs.get(connection) ?? 0) * forgetting);
    this.#costs.set(connection, cost);
    const windowMs = Math.max(Date.parse(resetsAt) - Date.now(), 0);
    const rests = [0, ...freeInMs].map((atMs, back) =>
      Math.max(atMs, (windowMs * cost) / Math.max(remaining, remaining + back - cost, 1)),
    );
    return Math.min(...rests);
  }
}

function budgetOf({ adapter }: Spender): Promise<SpentBudget | null> {
  return adapter.budget?.() ?? Promise.resolve(null);
}
