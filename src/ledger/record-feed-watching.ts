import type { Instant } from '../domain/instant.ts';
import type { RecordEvent } from './record-store.ts';

interface Dated {
  readonly updatedAt: Instant;
}

/** Somebody who watches a record, and how far they have come with it. */
export interface Watching<D> {
  readonly tell: (events: readonly RecordEvent<D>[], isBack: boolean) => void;
  /** How the record stood when it came, should what was before that not be kept any more; null once Redis has lost that. */
  stood: RecordEvent<D> | null;
  /** The newest revision that it has. */
  has: number;
  /** When that was written; null where nothing but its number is known. */
  hasFrom: Instant | null;
}

/** Tells somebody what they do not have yet. */
export function tell<D extends Dated>(
  watcher: Watching<D>,
  events: readonly RecordEvent<D>[],
): void {
  const { stood, has } = watcher;
  const all = withStood(
    events.filter(({ revision }) => revision > has),
    has,
    stood,
  );
  const newest = all.at(-1);
  if (newest === undefined) return;
  got(watcher, newest);
  watcher.tell(all, false);
}

/** They have this now. */
export function got<D extends Dated>(
  watcher: Watching<D>,
  { revision, doc }: RecordEvent<D>,
): void {
  watcher.has = revision;
  watcher.hasFrom = doc.updatedAt;
}

/** What has changed after a revision, beginning with how the record stood where what was before that is not kept any more. */
export function withStood<D>(
  news: readonly RecordEvent<D>[],
  revision: number,
  stood: RecordEvent<D> | null,
): readonly RecordEvent<D>[] {
  const isGone =
    stood !== null &&
    stood.revision > revision &&
    !news.some((each) => each.revision <= stood.revision);
  return isGone ? [stood, ...news] : news;
}
