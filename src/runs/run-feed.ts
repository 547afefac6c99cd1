import type { Redis } from 'ioredis';
import type { Instant } from '../domain/instant.ts';
import type { RecordEvent } from '../ledger/record-store.ts';
import type { Log } from '../telemetry/log.ts';
import { Coalesced } from '../catalogue/coalesced.ts';
import type { KeptRun } from './kept-run.ts';
import type { RunStore } from './run-store.ts';

/** A change of a run. */
type Change = RecordEvent<KeptRun>;

/**
 * Called with what has changed, oldest first, each change once; `isBack` when Redis has lost what was told before, and the
 * run stands again as it did earlier. Without any when there is no such record any more: it may stand in another one.
 */
export type Watcher = (events: readonly Change[], isBack: boolean) => void;

interface Watching {
  readonly tell: Watcher;
  /** How the run stood when it came, should what was before that not be kept any more; null once Redis has lost that. */
  stood: Change | null;
  /** The newest revision that it has. */
  has: number;
  /** When that was written; null where nothing but its number is known. */
  hasFrom: Instant | null;
}

interface Watched {
  readonly watchers: Set<Watching>;
  readonly read: Coalesced<void>;
  /** Whether something was told of it, or may have been, that was not looked up yet. */
  isTold: boolean;
}

/** What may have been missed while Redis told nothing is looked up so often, in ms. */
const lookEveryMs = 5_000;
/** Redis may have been too slow for a moment, in ms. */
const lookAgainMs = 250;

/**
 * Tells the watchers of this process what changes, on whichever replica it was written: Redis says which run has changed,
 * and what has is read once however many watch it.
 */
export class RunFeed {
  readonly #store: RunStore;
  readonly #subscriber: Redis;
  readonly #log: Log;
  readonly #watched = new Map<string, Watched>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | null = null;

  constructor(store: RunStore, subscriber: Redis, log: Log) {
    this.#store = store;
    this.#subscriber = subscriber;
    this.#log = log;
  }

  /** Begins to listen; what is lost with the connection is caught up on by itself. */
  async open(): Promise<void> {
    this.#subscriber.on('message', (_channel: string, id: string) => {
      this.#told(id);
    });
    this.#subscriber.on('ready', () => {
      for (const id of this.#watched.keys()) {
        void this.#lookBack(id);
        this.#told(id);
      }
    });
    await this.#subscriber.subscribe(this.#store.records.channel);
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

  /** How many runs are watched here. */
  get size(): number {
    return this.#watched.size;
  }

  /**
   * What has changed after `revision`, oldest first: `most` of what is kept of it, behind how the run `stood` where that is
   * gone. Null when it cannot be read now.
   */
  async missed(
    id: string,
    revision: number,
    most: number,
    stood: Change | null,
  ): Promise<readonly Change[] | null> {
    try {
      return withStood(await this.#store.records.events(id, revision, most), revision, stood);
    } catch (error) {
      this.#log.warn({ id, reason: String(error) }, 'What has become of a run cannot be read');
      return null;
    }
  }

  /**
   * Tells what changes after `revision` until the function that it gives is called. Changes are kept for a day, a run as
   * long as it lasts: where they are gone, how it `stood` when it was found is told instead.
   */
  watch(id: string, revision: number, tell: Watcher, stood: Change | null = null): () => void {
    const watched = this.#watched.get(id) ?? {
      watchers: new Set(),
      read: new Coalesced(() => this.#read(id)),
      isTold: false,
    };
    this.#watched.set(id, watched);
    const hasFrom = stood?.revision === revision ? stood.doc.updatedAt : null;
    const own: Watching = { tell, stood, has: revision, hasFrom };
    watched.watchers.add(own);
    this.#told(id);
    return () => {
      watched.watchers.delete(own);
      if (watched.watchers.size === 0) this.#watched.delete(id);
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
        this.#log.warn({ id, reason: String(error) }, 'What has become of a run cannot be read');
        return;
      }
      const again = setTimeout(() => {
        this.#look(id, true);
      }, lookAgainMs);
      again.unref();
    });
  }

  /**
   * A Redis that comes back may have lost what it was told last, and given its number to something else since: who has what
   * it does not know is told how the run stands.
   */
  async #lookBack(id: string): Promise<void> {
    const watchers = [...(this.#watched.get(id)?.watchers ?? [])];
    const had = new Map(watchers.map((each) => [each, { ...each }]));
    const record = await this.#store.records.read(id).catch(() => null);
    if (record === null) return;
    for (const [watcher, { has, hasFrom }] of had) {
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
    const events = await this.#store.records.events(id, from);
    for (const watcher of watched.watchers) {
      // Who came meanwhile and has less gets it from the read that its coming has asked for.
      if (watcher.has >= from) tell(watcher, events);
    }
    const isGone = isTold && events.length === 0 && (await this.#store.records.read(id)) === null;
    if (isGone) for (const watcher of [...watched.watchers]) watcher.tell([], true);
  }
}

function tell(watcher: Watching, events: readonly Change[]): void {
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

function got(watcher: Watching, { revision, doc }: Change): void {
  watcher.has = revision;
  watcher.hasFrom = doc.updatedAt;
}

/** What has changed after a revision, beginning with how the run stood where what was before that is not kept any more. */
function withStood(
  news: readonly Change[],
  revision: number,
  stood: Change | null,
): readonly Change[] {
  const isGone =
    stood !== null &&
    stood.revision > revision &&
    !news.some((each) => each.revision <= stood.revision);
  return isGone ? [stood, ...news] : news;
}
