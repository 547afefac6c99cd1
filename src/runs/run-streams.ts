import type { FastifyReply } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Connection } from '../connections/connection.ts';
import { encodeEvent, EventStream } from '../http/event-stream.ts';
import type { RecordEvent } from '../ledger/record-store.ts';
import type { KeptRun } from './kept-run.ts';
import type { RunFeed } from './run-feed.ts';
import { toRun } from './run.presenter.ts';
import type { FoundRun } from './runs.service.ts';

/** A run that somebody watches, and the newest revision that they have; 0: none. */
export interface WatchedRun extends FoundRun {
  readonly after: number;
}

const keptTexts = 2_000;
/** What watchers of the same run get is written down once. */
const texts = new LRUCache<string, string>({ max: keptTexts });

function textOf(
  connection: Connection,
  id: string,
  { revision, doc }: RecordEvent<KeptRun>,
): string {
  const key = `${id} ${revision}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = JSON.stringify(toRun(connection, { id, revision, doc }, false));
  texts.set(key, text);
  return text;
}

/**
 * Streams what becomes of runs until all have ended: each change as `run`, the last one as `end` too. An event's id says
 * how far every run has come, in the order in which they were asked for.
 */
export function streamRuns(
  feed: RunFeed,
  reply: FastifyReply,
  runs: readonly WatchedRun[],
  forMs: number | null,
): void {
  const stream = new EventStream(reply, forMs);
  const revisions = runs.map(({ after }) => after);
  const live = new Set(runs.keys());
  const tell = (
    at: number,
    { connection, record }: WatchedRun,
    event: RecordEvent<KeptRun>,
  ): void => {
    if (!live.has(at) || event.revision <= (revisions[at] ?? 0)) return;
    revisions[at] = event.revision;
    const id = revisions.join('.');
    const data = textOf(connection, record.id, event);
    stream.send(encodeEvent({ id, event: 'run', data }));
    if (!event.doc.final) return;
    stream.send(encodeEvent({ id, event: 'end', data }));
    live.delete(at);
    if (live.size === 0) stream.end();
  };
  for (const [at, run] of runs.entries()) {
    const { record, after } = run;
    if (record.doc.final && record.revision <= after) live.delete(at);
    if (!live.has(at)) continue;
    // Who comes back gets what it has missed, up to the end; who comes anew begins with how it stands.
    if (after > 0 && record.doc.final) {
      void feed.missed(record.id, after).then((events) => {
        for (const event of [...events, record]) tell(at, run, event);
      });
      continue;
    }
    if (after === 0) tell(at, run, record);
    if (!live.has(at)) continue;
    const tellAll = (events: readonly RecordEvent<KeptRun>[]): void => {
      for (const event of events) tell(at, run, event);
    };
    const stop = feed.watch(record.id, revisions[at] ?? 0, tellAll, record);
    stream.onEnd(stop);
  }
  if (live.size === 0) stream.end();
}

/** How far each run had come by a `Last-Event-ID`; 0 where it says nothing that fits. */
export function revisionsOf(lastEventId: string | undefined, runs: number): number[] {
  const parts = (lastEventId ?? '').split('.');
  const fits = parts.length === runs && parts.every((part) => /^\d{1,9}$/.test(part));
  return Array.from({ length: runs }, (_, at) => (fits ? Number(parts[at]) : 0));
}
