import type { FastifyReply } from 'fastify';
import { encodeEvent, EventStream } from '../http/event-stream.ts';
import { eventId, type Reached } from './event-id.ts';
import type { Watched, WatchedEvent } from './watched.ts';

/** A record of a stream, and how far its caller has come with it. */
export interface Followed extends Reached {
  readonly watched: Watched;
}

/** Who takes nothing of what was sent for so long is cut off, in ms. */
const stillMs = 30_000;
/** Of what a caller has missed so many changes are in memory at once. */
const missedAtOnce = 20;

/**
 * Streams what becomes of records until all have ended: each change by the name of its kind, the last one as `end` too. An
 * event's id says how far every record has come, in the order in which they are given.
 */
export function streamRecords(
  reply: FastifyReply,
  followed: readonly Followed[],
  forMs: number | null,
): void {
  new RecordStream(new EventStream(reply, forMs), followed).begin();
}

/** One caller's stream: it is told no faster than the caller reads, and what is to be told waits in Redis. */
class RecordStream {
  readonly #stream: EventStream;
  readonly #followed: readonly Followed[];
  readonly #revisions: number[];
  readonly #live: Set<number>;
  /** Those of which Redis has lost how they stood when they were found. */
  readonly #lost = new Set<number>();
  /** Those of which something is to be told, in their turn. */
  readonly #waiting = new Set<number>();
  #isTelling = false;

  constructor(stream: EventStream, followed: readonly Followed[]) {
    this.#stream = stream;
    this.#followed = followed;
    this.#revisions = followed.map(({ after }) => after);
    this.#live = new Set(followed.keys());
  }

  begin(): void {
    for (const [at, each] of this.#followed.entries()) {
      const { watched, after } = each;
      if (isOver(each)) this.#live.delete(at);
      // Who comes back gets what it has missed, up to the end; who comes anew begins with how it stands.
      else if (after === 0 || watched.stands.final) this.#waiting.add(at);
      else this.#watch(at);
    }
    if (this.#live.size === 0) this.#stream.end();
    else void this.#tellWaiting();
  }

  #watch(at: number): void {
    const stop = this.#watched(at).watch(this.#revisions[at] ?? 0, (events, isBack) => {
      if (isBack && events.length === 0) this.#sendBack(at);
      else if (isBack) this.#goBack(at, events);
      this.#news(at, events);
    });
    this.#stream.onEnd(stop);
  }

  /** What the caller has is not known any more: revisions that it has seen come again. */
  #goBack(at: number, [first]: readonly WatchedEvent[]): void {
    this.#lost.add(at);
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
  #news(at: number, events: readonly WatchedEvent[]): void {
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
    const watched = this.#watched(at);
    const { stands } = watched;
    const revision = this.#revisions[at] ?? 0;
    if (revision === 0) {
      this.#tell(at, stands);
      if (!stands.final) this.#watch(at);
      return;
    }
    const events = await watched.missed(revision, missedAtOnce, this.#lost.has(at));
    if (events === null) {
      // What cannot be read now, before the end too, is told to who comes back.
      this.#stream.cut();
      return;
    }
    for (const event of events) if (await this.#isTaken()) this.#tell(at, event);
    if (events.length >= missedAtOnce) this.#waiting.add(at);
    else if (stands.final && (await this.#isTaken())) this.#tell(at, stands);
  }

  /** Whether there is a caller, who then has taken what was sent. */
  #isTaken(): Promise<boolean> {
    return this.#stream.taken(stillMs);
  }

  #tell(at: number, event: WatchedEvent): void {
    if (!this.#live.has(at) || event.revision <= (this.#revisions[at] ?? 0)) return;
    this.#revisions[at] = event.revision;
    const data = event.text();
    const change = encodeEvent({ id: this.#id(), event: this.#watched(at).name, data });
    if (!event.final) {
      this.#stream.send(change);
      return;
    }
    this.#live.delete(at);
    this.#stream.send(Buffer.concat([change, encodeEvent({ id: this.#id(), event: 'end', data })]));
    if (this.#live.size === 0) this.#stream.end();
  }

  #id(): string {
    return eventId(this.#revisions.map((after, at) => ({ after, hasEnd: !this.#live.has(at) })));
  }

  #watched(at: number): Watched {
    const followed = this.#followed[at];
    if (followed === undefined) throw new RangeError(`there is no record ${at}`);
    return followed.watched;
  }
}

/** Whether nothing more will come of a record for its caller. */
export function isOver({ watched: { stands }, after, hasEnd }: Followed): boolean {
  return stands.final && stands.revision <= after && hasEnd;
}
