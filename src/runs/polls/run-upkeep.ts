import type { RunStore } from '../run-store.ts';

/** What is younger is found by what was written when it was made, and most of what is older is gone; in ms. */
const olderThanMs = 35 * 24 * 3_600_000;
const atOnce = 200;

/** Sees to runs that were made long ago: a start may lie a year ahead, a run may last for months. */
export class RunUpkeep {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** Forgets the places of those of a connection that have no record any more; the others go on being found. */
  async keep(connection: string): Promise<void> {
    const { index, records } = this.#store;
    const span = { from: Number.MIN_SAFE_INTEGER, until: (await records.now()) - olderThanMs };
    let [skip, isDone] = [0, false];
    while (!isDone) {
      const ids = (await index.between(connection, span, skip, atOnce)).map(({ id }) => id);
      const kept = await records.readMany(ids);
      const found = new Set(kept.map(({ id }) => id));
      await index.remove(
        connection,
        ids.filter((id) => !found.has(id)),
      );
      // One that others have started is found by its id.
      const ours = kept.filter(({ doc }) => doc.mark !== null);
      const names = ours.flatMap(({ id, doc: { mark, nativeId } }) =>
        [mark, nativeId].flatMap((word) => (word === null ? [] : [{ word, id }])),
      );
      await Promise.all(names.map(({ word, id }) => index.name(connection, word, id)));
      skip += kept.length;
      isDone = ids.length < atOnce;
    }
  }
}
