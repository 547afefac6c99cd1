import { LRUCache } from 'lru-cache';
import type { ListAnswer } from './list-call.ts';
import { isStandIn } from './source.ts';

interface HotAnswer {
  readonly revision: string;
  readonly validUntil: number;
  readonly answer: ListAnswer;
}

/** A list that misses a source, or shows a stale one, is looked at again after so long, in ms. */
const recheckMs = 250;
const overheadBytes = 512;

/** Answers by the text of their call: good until a list or a mark changes anywhere, or they stop being fresh. */
export class HotAnswers {
  readonly #answers: LRUCache<string, HotAnswer>;

  constructor(memoryBytes: number) {
    this.#answers = new LRUCache({
      maxSize: Math.max(memoryBytes, 1),
      sizeCalculation: ({ answer }, text) => answer.body.length + text.length * 2 + overheadBytes,
    });
  }

  get(text: string, revision: string, now: number): ListAnswer | null {
    const hot = this.#answers.get(text);
    return hot?.revision === revision && now < hot.validUntil ? hot.answer : null;
  }

  /** `revision` is what stood before the answer was made; `latest` is when it ends in any case. */
  set(
    text: string,
    answer: ListAnswer,
    { revision, now, latest }: { revision: string; now: number; latest: number },
  ): void {
    const usableUntil = Math.max(answer.complete ? answer.freshUntil : 0, now + recheckMs);
    this.#answers.set(text, {
      revision,
      validUntil: Math.min(usableUntil, latest),
      // What was read for one call is a hit for the next; what stands in does so for both.
      answer: isStandIn(answer.forwarded) ? answer : { ...answer, forwarded: null },
    });
  }
}
