import type { RecordFeed, WatchableDoc, Watcher } from '../ledger/record-feed.ts';
import type { StoredRecord } from '../ledger/record.ts';

/** The record as soon as it has ended, or as it is when the time (ms) is over, the caller is gone, or this process ends. */
export async function waitForEnd<D extends WatchableDoc>(
  feed: RecordFeed<D>,
  record: StoredRecord<D>,
  waitMs: number,
  gone: AbortSignal,
): Promise<StoredRecord<D>> {
  return (await waitUntil(feed, record, ({ final }) => final, waitMs, gone)) ?? record;
}

/**
 * The same for something else than its end; `waitMs` null: for however long that takes. Null as soon as there is no such
 * record any more: it may stand in another one.
 */
export async function waitUntil<D extends WatchableDoc>(
  feed: RecordFeed<D>,
  record: StoredRecord<D>,
  isEnough: (doc: D) => boolean,
  waitMs: number | null,
  gone: AbortSignal,
): Promise<StoredRecord<D> | null> {
  if (isEnough(record.doc) || waitMs === 0) return record;
  const over = AbortSignal.any([gone, feed.closing]);
  if (over.aborted) return record;
  return new Promise((resolve) => {
    let last = record;
    const answer = (found: StoredRecord<D> | null): void => {
      if (timer !== null) clearTimeout(timer);
      over.removeEventListener('abort', end);
      stop();
      resolve(found);
    };
    const end = (): void => {
      answer(last);
    };
    const timer = waitMs === null ? null : setTimeout(end, waitMs);
    over.addEventListener('abort', end, { once: true });
    const tell: Watcher<D> = (events) => {
      const event = events.at(-1);
      if (event === undefined) {
        answer(null);
        return;
      }
      last = { ...record, ...event };
      if (isEnough(last.doc)) end();
    };
    const stop = feed.watch(record.id, record.revision, tell, record);
  });
}
