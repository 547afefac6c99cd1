import { LRUCache } from 'lru-cache';
import type { Connection } from '../connections/connection.ts';
import type { RecordEvent } from '../ledger/record-store.ts';
import type { KeptRun } from './kept-run.ts';
import { isScheduled, toRun } from './run.presenter.ts';

const mostBytes = 32 * 1_024 ** 2;
/** Of a character in memory, at most. */
const characterBytes = 2;

/** Runs as watchers get them: what several watch is written down once. */
export class RunTexts {
  readonly #texts: LRUCache<string, string>;

  constructor(maxSize = mostBytes) {
    const sizeCalculation = (text: string): number => text.length * characterBytes;
    this.#texts = new LRUCache<string, string>({ maxSize, sizeCalculation });
  }

  /** How much is kept. */
  get bytes(): number {
    return this.#texts.calculatedSize;
  }

  of(connection: Connection, id: string, { revision, doc }: RecordEvent<KeptRun>): string {
    // A Redis that has lost its last second gives a revision again, to something else.
    const key = `${id} ${revision} ${doc.updatedAt} ${isScheduled(doc)}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = JSON.stringify(toRun(connection, { id, revision, doc }, false));
    this.#texts.set(key, text);
    return text;
  }
}
