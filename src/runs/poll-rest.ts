import type { Connection } from '../connections/connection.ts';
import type { Budget } from '../domain/budget.ts';
import type { RunPolls } from './run-polls.ts';

const longestMs = 60_000;
/** A look counts at least so much of what the one before did: calls that stop to count meanwhile make it seem cheaper. */
const forgetting = 0.5;

/**
 * Lets a connection rest after each look, so long that what is left of its budget would last for such looks: however many
 * runs there are, and however many connections spend the same budget, something is left for lists and starts.
 */
export class PollRest {
  readonly #polls: RunPolls;
  readonly #costs = new Map<string, number>();

  constructor(polls: RunPolls) {
    this.#polls = polls;
  }

  /** Looks, and lets the connection rest from `now` on; without a published limit it needs none. */
  async after<T>(connection: Connection, now: number, look: () => Promise<T>): Promise<T> {
    const before = await budgetOf(connection);
    if (before === null) return look();
    const result = await look();
    const left = await budgetOf(connection);
    if (left === null) return result;
    const known = (this.#costs.get(connection.id) ?? 0) * forgetting;
    const cost = Math.max(before.remaining - left.remaining, known);
    this.#costs.set(connection.id, cost);
    const windowMs = Math.max(Date.parse(left.resetsAt) - Date.now(), 0);
    const restMs = (windowMs * cost) / Math.max(left.remaining, 1);
    await this.#polls.rest(connection.id, now, Math.round(Math.min(restMs, longestMs)));
    return result;
  }
}

function budgetOf({ adapter }: Connection): Promise<Budget | null> {
  return adapter.budget?.() ?? Promise.resolve(null);
}
