import { LRUCache } from 'lru-cache';
import { isMark } from '../../domain/run.ts';
import { type ExecutionLists, nativeIdOf } from './odsl.window.ts';

const remembered = 20_000;

/**
 * Which execution bears which mark, as lists have shown that were read for whatever reason: what a start has made never
 * changes, so that a start in doubt whose mark was met once needs no list of its own. Of what was not met nothing is known.
 */
export class MarksMet {
  /** Native ids by mark. */
  readonly #ids = new LRUCache<string, string>({ max: remembered });

  /** The native id of the execution that bears a mark; null: it was not met. */
  idOf(mark: string): string | null {
    return this.#ids.get(mark) ?? null;
  }

  /** The same lists: the marks that they show are remembered, and whatever they give as a reason is told to `learn`. */
  within(
    lists: ExecutionLists,
    learn: (mark: string, nativeId: string) => void = () => undefined,
  ): ExecutionLists {
    return {
      listExecutions: async (days, skip, signal) => {
        const page = await lists.listExecutions(days, skip, signal);
        for (const wire of page.items) {
          const mark = wire.reason?.trim() ?? '';
          // Should a start have come twice, one of them is it for good.
          const nativeId = this.idOf(mark) ?? nativeIdOf(wire);
          if (isMark(mark)) this.#ids.set(mark, nativeId);
          learn(mark, nativeId);
        }
        return page;
      },
    };
  }
}
