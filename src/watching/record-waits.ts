import type { RecordFeed, WatchableDoc, Watcher } from '../ledger/record-feed.ts';
import type { StoredRecord } from '../ledger/record.ts';

/** The record as soon as it has ended, or as it is when the time (ms) is over, the caller is gone, or this process ends. */
export function waitForEnd<D extends WatchableDoc>(
  feed: RecordFeed<D>,
  record: StoredRecord<D>,
  waitMs: number,
  gone: AbortSignal,
): Promise<StoredRecord<D>> {
  return waitUntil(feed, record, ({ final }) => final, waitMs, gone);
}

/** The same for something else than its end; null: for however long that takes. */
export async function waitUntil<D extends WatchableDoc>(
  feed: RecordFeed<D>,
  record: StoredRecord<D>,
  isEnough: (doc: D) => boolean,
  waitMs: number | null,
  gone: AbortSignal,
): Promise<StoredRecord<D>> {
  if (isEnough(record.doc) || waitMs === 0) return record;
  const over = AbortSignal.any([gone, feed.closing]);
  if (over.aborted) return record;
  return new Promise((resolve) => {
    let last = record;
    const end = (): void => {
      if (timer !== null) clearTimeout(timer);
      over.removeEventListener('abort', end);
      stop();
      resolve(last);
    };
    const timer = waitMs === null ? null : setTimeout(end, waitMs);
    over.addEventListener('abort', end, { once: true });
    const tell: Watcher<D> = (events) => {
      const event = events.at(-1);
      if (event !== undefined) last = { ...record, ...event };
      if (isEnough(last.doc)) end();
    };
    const stop = feed.watch(record.id, record.revision, tell, record);
  });
}
