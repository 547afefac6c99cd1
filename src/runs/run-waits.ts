import type { StoredRecord } from '../ledger/record.ts';
import { waitUntil } from '../watching/record-waits.ts';
import type { FoundRun } from './found-run.ts';
import type { KeptRun } from './kept-run.ts';
import type { RunFeed } from './run-feed.ts';

/** What is waited for, and with what. */
export interface RunWait {
  readonly runs: {
    find(id: string): Promise<FoundRun>;
    watchOver(found: FoundRun): Promise<void>;
  };
  readonly feed: RunFeed;
  readonly isEnough: (run: KeptRun) => boolean;
  /** In ms; null: for however long it takes. */
  readonly waitMs: number | null;
  /** Fires when the caller is gone. */
  readonly gone: AbortSignal;
}

/**
 * The run as soon as that is so, or as it is when the time is over, the caller is gone, or this process ends. A record that is
 * forgotten meanwhile stands in that of its start: that is waited for from then on.
 */
export async function waitFor(
  found: FoundRun,
  { runs, feed, isEnough, waitMs, gone }: RunWait,
): Promise<FoundRun> {
  const until = performance.now() + (waitMs ?? Number.POSITIVE_INFINITY);
  for (let current = found; ;) {
    const { connection, record } = current;
    if (isEnough(record.doc) || performance.now() >= until) return current;
    await runs.watchOver(current);
    const leftMs = waitMs === null ? null : Math.max(until - performance.now(), 0);
    const waited: StoredRecord<KeptRun> | null = await waitUntil(
      feed,
      record,
      isEnough,
      leftMs,
      gone,
    );
    // What stands in for its platform goes on doing so as long as nothing has become of it.
    if (waited !== null) return waited === record ? current : { connection, record: waited };
    current = await runs.find(record.id);
  }
}
