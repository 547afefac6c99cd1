import type { Redis } from 'ioredis';
import type { RecordEvent } from '../ledger/record-store.ts';
import type { Log } from '../telemetry/log.ts';
import { Coalesced } from '../catalogue/coalesced.ts';
import type { KeptRun } from './kept-run.ts';
import type { RunStore } from './run-store.ts';

/** Called with what has changed, oldest first, each change once. */
export type Watcher = (events: readonly RecordEvent<KeptRun>[]) => void;

interface Watched {
  readonly watchers: Set<Watcher>;
  readonly read: Coalesced<void>;
  /** The newest revision that its watchers have. */
  revision: number;
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
  #timer: NodeJS.Timeout | null = null;

  constructor(store: RunStore, subscriber: Redis, log: Log) {
    this.#store = store;
    this.#subscriber = subscriber;
    this.#log = log;
  }

  /** Begins to listen; what is lost with the connection is caught up on by itself. */
  async open(): Promise<void> {
    this.#subscriber.on('message', (_channel: string, id: string) => {
      this.#look(id);
    });
    this.#subscriber.on('ready', () => {
      for (const id of this.#watched.keys()) this.#look(id);
    });
    await this.#subscriber.subscribe(this.#store.records.channel);
    this.#timer = setInterval(() => {
      for (const id of this.#watched.keys()) this.#look(id);
    }, lookEveryMs);
    this.#timer.unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** How many runs are watched here. */
  get size(): number {
    return this.#watched.size;
  }

  /** What has changed after `revision`, oldest first, as far as that is kept and can be read now. */
  async missed(id: string, revision: number): Promise<readonly RecordEvent<KeptRun>[]> {
    try {
      return await this.#store.records.events(id, revision);
    } catch (error) {
      this.#log.warn({ id, reason: String(error) }, 'What has become of a run cannot be read');
      return [];
    }
  }

  /** Tells what changes after `revision` until the function that it gives is called. */
  watch(id: string, revision: number, watcher: Watcher): () => void {
    const known = this.#watched.get(id);
    const watched: Watched = known ?? {
      watchers: new Set(),
      read: new Coalesced(() => this.#read(id)),
      revision,
    };
    this.#watched.set(id, watched);
    let has = revision;
    const own: Watcher = (events) => {
      const news = events.filter((event) => event.revision > has);
      has = Math.max(has, ...news.map((event) => event.revision));
      if (news.length > 0) watcher(news);
    };
    watched.watchers.add(own);
    // Another watcher may be ahead: what lies between is read for both.
    watched.revision = Math.min(watched.revision, revision);
    this.#look(id);
    return () => {
      watched.watchers.delete(own);
      if (watched.watchers.size === 0) this.#watched.delete(id);
    };
  }

  #look(id: string, isSecond = false): void {
    this.#watched
      .get(id)
      ?.read.run()
      .catch((error: unknown) => {
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

  async #read(id: string): Promise<void> {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    const events = await this.#store.records.events(id, watched.revision);
    const newest = events.at(-1)?.revision;
    if (newest === undefined) return;
    watched.revision = Math.max(watched.revision, newest);
    for (const watcher of watched.watchers) watcher(events);
  }
}
