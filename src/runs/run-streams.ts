import type { FastifyReply } from 'fastify';
import { encodeEvent, EventStream } from '../http/event-stream.ts';
import type { RecordEvent } from '../ledger/record-store.ts';
import type { KeptRun } from './kept-run.ts';
import { eventId, type Reached } from './run-event-id.ts';
import type { RunFeed, Watcher } from './run-feed.ts';
import { RunTexts } from './run-texts.ts';
import type { FoundRun } from './runs.service.ts';

/** A run that somebody watches. */
export interface WatchedRun extends FoundRun, Reached {}

/** Who takes nothing of what was sent for so long is cut off, in ms. */
const stillMs = 30_000;
/** Of what a caller has missed so many changes are in memory at once. */
const missedAtOnce = 20;

const texts = new RunTexts();

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
  new RunStream(feed, new EventStream(reply, forMs), runs).begin();
}

/** One caller's stream: it is told no faster than the caller reads, and what is to be told waits in Redis. */
class RunStream {
  readonly #feed: RunFeed;
  readonly #stream: EventStream;
  readonly #runs: readonly WatchedRun[];
  readonly #revisions: number[];
  readonly #live: Set<number>;
  /** How each stood when it was found; null once Redis has lost that. */
  readonly #stood: (RecordEvent<KeptRun> | null)[];
  /** Those of which something is to be told, in their turn. */
  readonly #waiting = new Set<number>();
  #isTelling = false;

  constructor(feed: RunFeed, stream: EventStream, runs: readonly WatchedRun[]) {
    this.#feed = feed;
    this.#stream = stream;
    this.#runs = runs;
    this.#revisions = runs.map(({ after }) => after);
    this.#live = new Set(runs.keys());
    this.#stood = runs.map(({ record }) => record);
  }

  begin(): void {
    for (const [at, run] of this.#runs.entries()) {
      const { record, after } = run;
      if (isOver(run)) this.#live.delete(at);
      // Who comes back gets what it has missed, up to the end; who comes anew begins with how it stands.
      else if (after === 0 || record.doc.final) this.#waiting.add(at);
      else this.#watch(at);
    }
    if (this.#live.size === 0) this.#stream.end();
    else void this.#tellWaiting();
  }

  #watch(at: number): void {
    const { record } = this.#run(at);
    const tell: Watcher = (events, isBack) => {
      if (isBack && events.length === 0) this.#sendBack(at);
      else if (isBack) this.#goBack(at, events);
      this.#news(at, events);
    };
    this.#stream.onEnd(this.#feed.watch(record.id, this.#revisions[at] ?? 0, tell, record));
  }

  /** What the caller has is not known any more: revisions that it has seen come again. */
  #goBack(at: number, [first]: readonly RecordEvent<KeptRun>[]): void {
    this.#stood[at] = null;
    if (this.#isTelling) this.#stream.cut();
    else this.#revisions[at] = (first?.revision ?? 1) - 1;
  }

  /** It is found under another name: who comes back is told how it stands there. */
  #sendBack(at: number): void {
    this.#revisions[at] = 0;
    this.#stream.send(Buffer.from(`id: ${this.#id()}\n\n`));
    this.#stream.end();
  }

  /** Tells it at once while the caller keeps up, and else in its turn. */
  #news(at: number, events: readonly RecordEvent<KeptRun>[]): void {
    for (const event of events) {
      if (this.#isTelling) {
        this.#waiting.add(at);
        return;
      }
      this.#tell(at, event);
      if (this.#stream.isBehind) void this.#tellWaiting();
    }
  }

  async #tellWaiting(): Promise<void> {
    this.#isTelling = true;
    while (await this.#isTaken()) {
      const [at] = this.#waiting;
      if (at === undefined) break;
      this.#waiting.delete(at);
      await this.#takeTurn(at);
    }
    this.#isTelling = false;
  }

  async #takeTurn(at: number): Promise<void> {
    const { record } = this.#run(at);
    const revision = this.#revisions[at] ?? 0;
    if (revision === 0) {
      this.#tell(at, record);
      if (!record.doc.final) this.#watch(at);
      return;
    }
    const stood = this.#stood[at] ?? null;
    const events = await this.#feed.missed(record.id, revision, missedAtOnce, stood);
    // What cannot be read now is told to who comes back.
    if (events === null && !record.doc.final) this.#stream.cut();
    for (const event of events ?? []) if (await this.#isTaken()) this.#tell(at, event);
    if ((events?.length ?? 0) >= missedAtOnce) this.#waiting.add(at);
    else if (record.doc.final && (await this.#isTaken())) this.#tell(at, record);
  }

  /** Whether there is a caller, who then has taken what was sent. */
  #isTaken(): Promise<boolean> {
    return this.#stream.taken(stillMs);
  }

  #tell(at: number, event: RecordEvent<KeptRun>): void {
    if (!this.#live.has(at) || event.revision <= (this.#revisions[at] ?? 0)) return;
    this.#revisions[at] = event.revision;
    const { connection, record } = this.#run(at);
    const data = texts.of(connection, record.id, event);
    const run = encodeEvent({ id: this.#id(), event: 'run', data });
    if (!event.doc.final) {
      this.#stream.send(run);
      return;
    }
    this.#live.delete(at);
    this.#stream.send(Buffer.concat([run, encodeEvent({ id: this.#id(), event: 'end', data })]));
    if (this.#live.size === 0) this.#stream.end();
  }

  #id(): string {
    return eventId(this.#revisions.map((after, at) => ({ after, hasEnd: !this.#live.has(at) })));
  }

  #run(at: number): WatchedRun {
    const run = this.#runs[at];
    if (run === undefined) throw new RangeError(`there is no run ${at}`);
    return run;
  }
}

/** Whether nothing more will come of a run for its caller. */
export function isOver({ record, after, hasEnd }: WatchedRun): boolean {
  return record.doc.final && record.revision <= after && hasEnd;
}
