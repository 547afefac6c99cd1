import { type ChangedItem, type ChangeEffect, isDone } from '../domain/change.ts';

/** Counts the items of a change whose steps are all done; one without a step is done as it stands. */
export class DoneItems {
  /** How many steps of an item are left, by its place. */
  readonly #left = new Map<number, number>();
  /** What is known by now of what becomes of each. */
  readonly #effects: ChangeEffect[];
  #count: number;

  constructor(items: readonly ChangedItem[], steps: readonly { readonly item: number }[]) {
    for (const { item } of steps) this.#left.set(item, (this.#left.get(item) ?? 0) + 1);
    this.#effects = items.map(({ effect }) => effect);
    this.#count = items.filter((item, place) => !this.#left.has(place) && isDone(item)).length;
  }

  /** How many there are with one more step of an item, of which this was learnt. */
  with(item: number, learnt: Partial<ChangedItem> = {}): number {
    const effect = learnt.effect ?? this.#effects[item];
    if (effect === undefined) return this.#count;
    this.#effects[item] = effect;
    const left = (this.#left.get(item) ?? 0) - 1;
    this.#left.set(item, left);
    if (left === 0 && isDone({ effect })) this.#count += 1;
    return this.#count;
  }
}
