import type { Redis } from 'ioredis';
import type { Instant } from '../domain/instant.ts';
import type { Log } from '../telemetry/log.ts';
import { Coalesced } from '../catalogue/coalesced.ts';
import { got, tell, type Watching, withStood } from './record-feed-watching.ts';
import type { RecordEvent, RecordStore } from './record-store.ts';

/** What a record has to say of itself to be watched. */
export interface WatchableDoc {
  readonly updatedAt: Instant;
  /** Whether it has ended. */
  readonly final: boolean;
}

/**
 * Called with what has changed, oldest first, each change once; `isBack` when Redis has lost what was told before, and the
 * record stands again as it did earlier. Without any when there is no such record any more: it may stand in another one.
 */
export type Watcher<D> = (events: readonly RecordEvent<D>[], isBack: boolean) => void;

interface Watched<D> {
  readonly watchers: Set<Watching<D>>;
  readonly read: Coalesced<void>;
  /** Whether something was told of it, or may have been, that was not looked up yet. */
  isTold: boolean;
}

/** What may have been missed while Redis told nothing is looked up so often, in ms. */
const lookEveryMs = 5_000;
/** Redis may have been too slow for a moment, in ms. */
const lookAgainMs = 250;

/**
 * Tells the watchers of this process what changes, on whichever replica it was written: Redis says which record has changed,
 * and what has is read once however many watch it.
 */
export class RecordFeed<D extends WatchableDoc> {
  readonly #records: RecordStore<D>;
  readonly #subscriber: Redis;
  readonly #log: Log;
  readonly #called: string;
  readonly #watched = new Map<string, Watched<D>>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | null = null;

  /** `called`: what one of the records is called where something goes wrong with it, as `a run`. */
  constructor(records: RecordStore<D>, subscriber: Redis, log: Log, called: string) {
    this.#records = records;
    this.#subscriber = subscriber;
    this.#log = log;
    this.#called = called;
  }

  /** Begins to listen; what is lost with the connection is caught up on by itself. */
  async open(): Promise<void> {
    const { channel } = this.#records;
    // The connection is shared with the feeds of other kinds.
    this.#subscriber.on('message', (from: string, id: string) => {
      if (from === channel) this.#told(id);
    });
    this.#subscriber.on('ready', () => {
      for (const id of this.#watched.keys()) {
        void this.#lookBack(id);
        this.#told(id);
      }
    });
    await this.#subscriber.subscribe(channel);
    this.#timer = setInterval(() => {
      for (const id of this.#watched.keys()) this.#look(id);
    }, lookEveryMs);
    this.#timer.unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#closing.abort();
  }

  /** Fires when this process ends: who waits for something to change is answered with what stands. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** How many records are watched here. */
  get size(): number {
    return this.#watched.size;
  }

  /**
   * What has changed after `revision`, oldest first: `most` of what is kept of it, behind how the record `stood` where that is
   * gone. Null when it cannot be read now.
   */
  async missed(
    id: string,
    revision: number,
    most: number,
    stood: RecordEvent<D> | null,
  ): Promise<readonly RecordEvent<D>[] | null> {
    try {
      return withStood(await this.#records.events(id, revision, most), revision, stood);
    } catch (error) {
      this.#warn(id, error);
      return null;
    }
  }

  /**
   * Tells what changes after `revision` until the function that it gives is called. Changes are kept for a day, a
   * record as long as it lasts: where they are gone, how it `stood` when it was found is told instead.
   */
  watch(
    id: string,
    revision: number,
    tell: Watcher<D>,
    stood: RecordEvent<D> | null = null,
  ): () => void {
    const watched = this.#watched.get(id) ?? {
      watchers: new Set(),
      read: new Coalesced(() => this.#read(id)),
      isTold: false,
    };
    this.#watched.set(id, watched);
    const hasFrom = stood?.revision === revision ? stood.doc.updatedAt : null;
    const own: Watching<D> = { tell, stood, has: revision, hasFrom };
    watched.watchers.add(own);
    this.#told(id);
    return () => {
      // Once more, it must not take the record from those who have come since.
      const isLast = watched.watchers.delete(own) && watched.watchers.size === 0;
      if (isLast) this.#watched.delete(id);
    };
  }

  #told(id: string): void {
    const watched = this.#watched.get(id);
    if (watched !== undefined) watched.isTold = true;
    this.#look(id);
  }

  #look(id: string, isSecond = false): void {
    const watched = this.#watched.get(id);
    watched?.read.run().catch((error: unknown) => {
      watched.isTold = true;
      if (isSecond) {
        this.#warn(id, error);
        return;
      }
      const again = setTimeout(() => {
        this.#look(id, true);
      }, lookAgainMs);
      again.unref();
    });
  }

  #warn(id: string, error: unknown): void {
    this.#log.warn(
      { id, reason: String(error) },
      `What has become of ${this.#called} cannot be read`,
    );
  }

  /**
   * A Redis that comes back may have lost what it was told last, and given its number to something else since: who has what
   * it does not know is told how the record stands.
   */
  async #lookBack(id: string): Promise<void> {
    const watchers = this.#watched.get(id)?.watchers ?? new Set();
    const had = new Map([...watchers].map((each) => [each, { ...each }]));
    const record = await this.#records.read(id).catch(() => null);
    if (record === null) return;
    for (const [watcher, { has, hasFrom }] of had) {
      // Who has left meanwhile is told nothing.
      if (!watchers.has(watcher)) continue;
      const isOther =
        has === record.revision && (hasFrom ?? record.doc.updatedAt) !== record.doc.updatedAt;
      if (has <= record.revision && !isOther) continue;
      watcher.stood = null;
      got(watcher, record);
      watcher.tell([record], true);
    }
  }

  async #read(id: string): Promise<void> {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    const { isTold } = watched;
    watched.isTold = false;
    const from = Math.min(...[...watched.watchers].map(({ has }) => has));
    const events = await this.#records.events(id, from);
    for (const watcher of watched.watchers) {
      // Who came meanwhile and has less gets it from the read that its coming has asked for.
      if (watcher.has >= from) tell(watcher, events);
    }
    const isGone = isTold && events.length === 0 && (await this.#records.read(id)) === null;
    if (isGone) for (const watcher of [...watched.watchers]) watcher.tell([], true);
  }
}
