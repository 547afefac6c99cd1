import { Budgets, type CallLimit, type Outlook, type Spending } from './budget.ts';

/** Budgets that only this process spends. */
export class MemoryBudgets extends Budgets {
  readonly #now: () => number;
  /** When each call that still counts was taken, oldest first. */
  readonly #taken = new Map<string, number[]>();

  constructor(now: () => number = () => Date.now()) {
    super();
    this.#now = now;
  }

  protected override count(limit: CallLimit, calls: number): Promise<Spending> {
    const now = this.#now();
    const counted = (this.#taken.get(limit.key) ?? []).filter((at) => at > now - limit.windowMs);
    const taken = counted.length + calls <= limit.calls;
    if (taken) for (let n = 0; n < calls; n += 1) counted.push(now);
    this.#taken.set(limit.key, counted);
    const until = (at: number | undefined): number => Math.max((at ?? 0) + limit.windowMs - now, 0);
    const blocking = counted[counted.length + calls - limit.calls - 1];
    return Promise.resolve({
      taken,
      used: counted.length,
      fitsInMs: taken ? 0 : until(blocking ?? now),
      emptyInMs: until(counted.at(-1)),
    });
  }

  protected override async look(limit: CallLimit): Promise<Outlook> {
    const spending = await this.count(limit, 0);
    const now = this.#now();
    const counted = this.#taken.get(limit.key) ?? [];
    return { ...spending, freeInMs: counted.map((at) => Math.max(at + limit.windowMs - now, 0)) };
  }
}
