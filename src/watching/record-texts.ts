import { LRUCache } from 'lru-cache';
import type { WatchableDoc } from '../ledger/record-feed.ts';
import type { RecordEvent } from '../ledger/record-store.ts';

const mostBytes = 32 * 1_024 ** 2;
/** Of a character in memory, at most. */
const characterBytes = 2;

/** Records of one kind as watchers get them: what several watch is written down once. */
export class RecordTexts {
  readonly #texts: LRUCache<string, string>;

  constructor(maxSize = mostBytes) {
    const sizeCalculation = (text: string): number => text.length * characterBytes;
    this.#texts = new LRUCache<string, string>({ maxSize, sizeCalculation });
  }

  /** How much is kept. */
  get bytes(): number {
    return this.#texts.calculatedSize;
  }

  /** A record as `write` puts it, which is asked once for each `state` of what it goes by besides its revision. */
  of(
    id: string,
    { revision, doc }: RecordEvent<WatchableDoc>,
    write: () => string,
    state = '',
  ): string {
    // A Redis that has lost its last second gives a revision again, to something else.
    const key = `${id} ${revision} ${doc.updatedAt} ${state}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = write();
    this.#texts.set(key, text);
    return text;
  }
}
