import type { RecordFeed, WatchableDoc } from '../ledger/record-feed.ts';
import type { RecordEvent } from '../ledger/record-store.ts';
import type { StoredRecord } from '../ledger/record.ts';

/** What the records of a kind are called: in queries, and as events of a stream. */
export type WatchedName = 'run' | 'operation';

/** A change of a record, whatever kind it is of. */
export interface WatchedEvent {
  readonly revision: number;
  readonly final: boolean;
  /** The record as callers get it. */
  text(): string;
}

/** A record that somebody watches, whatever kind it is of. */
export interface Watched {
  readonly name: WatchedName;
  /** How it stood when it was found. */
  readonly stands: WatchedEvent;
  /** Somebody watches it from now on. */
  watchOver(): Promise<void>;
  /** As of its feed; `isLost`: how it stood when it was found is not so any more. */
  missed(revision: number, most: number, isLost: boolean): Promise<readonly WatchedEvent[] | null>;
  /** As of its feed. */
  watch(
    revision: number,
    tell: (events: readonly WatchedEvent[], isBack: boolean) => void,
  ): () => void;
}

/** What a record of one kind is watched with. */
export interface WatchedOptions<D extends WatchableDoc> {
  readonly name: WatchedName;
  readonly feed: RecordFeed<D>;
  readonly record: StoredRecord<D>;
  /** The record after a change as callers get it, the same for all that watch it. */
  readonly text: (id: string, event: RecordEvent<D>) => string;
  /** What its being watched asks for. Absent: nothing. */
  readonly watchOver?: () => Promise<void>;
}

/** A record that somebody watches, without the type of its kind: a stream may have several. */
export function watchedRecord<D extends WatchableDoc>({
  name,
  feed,
  record,
  text,
  watchOver = () => Promise.resolve(),
}: WatchedOptions<D>): Watched {
  const { id } = record;
  const told = (event: RecordEvent<D>): WatchedEvent => ({
    revision: event.revision,
    final: event.doc.final,
    text: () => text(id, event),
  });
  return {
    name,
    stands: told(record),
    watchOver,
    missed: async (revision, most, isLost) => {
      const events = await feed.missed(id, revision, most, isLost ? null : record);
      return events?.map(told) ?? null;
    },
    watch: (revision, tell) =>
      feed.watch(
        id,
        revision,
        (events, isBack) => {
          tell(events.map(told), isBack);
        },
        record,
      ),
  };
}
