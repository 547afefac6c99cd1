import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from '../connections/connection.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { Capability } from '../domain/capability.ts';
import { NotFoundError } from '../domain/errors.ts';
import { formatId, parseId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import { type KeptRun, seen } from './kept-run.ts';
import { toRun } from './run.presenter.ts';
import { RunFeed } from './run-feed.ts';
import { RunStore } from './run-store.ts';
import { RunWindow } from './run-window.ts';

type Kept = StoredRecord<KeptRun>;

/** A run that an id means. */
export interface FoundRun {
  readonly connection: Connection;
  readonly record: Kept;
}

const own = /^r-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const soonMs = 1_000;
/** A start is known to its platform, or has failed, by then, in ms. */
const beginMs = 60_000;

/** Runs as watchers find them: many may come at once, and can wait a little. */
export const WATCHED_RUNS = Symbol('watched runs');

/** Runs one by one: what they are, and when they end. */
@Injectable()
export class RunsService {
  readonly #connections: ConnectionRegistry;
  readonly #store: RunStore;
  readonly #window: RunWindow;
  readonly #feed: RunFeed;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(RunStore) store: RunStore,
    @Inject(RunWindow) window: RunWindow,
    @Inject(RunFeed) feed: RunFeed,
  ) {
    this.#connections = connections;
    this.#store = store;
    this.#window = window;
    this.#feed = feed;
  }

  /**
   * The run that an id means: by its record, or by what the platform shows under a native id.
   * @throws NotFoundError, CapabilityNotSupportedError
   */
  async find(id: string, wanted: Capability = 'runs', isLive = false): Promise<FoundRun> {
    const parsed = parseId(id);
    const connection = parsed === null ? null : this.#connections.find(parsed.connection);
    if (parsed === null || connection === null) throw unknownRun(id);
    connection.part(wanted);
    const record = await stored(() => this.#recordOf(connection, parsed.key));
    const isOurs = record !== null && record.doc.mark !== null;
    if (
      record !== null &&
      (isOurs ? !isLive || record.doc.nativeId === null : record.doc.final && !isLive)
    )
      return { connection, record };
    if (record === null && own.test(parsed.key)) throw unknownRun(id);
    return this.#live(connection, id, record?.doc.nativeId ?? parsed.key);
  }

  show({ connection, record }: FoundRun, withNative: boolean): Run {
    return toRun(connection, record, withNative);
  }

  /** The run as soon as it has ended, or as it is when the time is over or the caller is gone. */
  async wait(found: FoundRun, waitMs: number, gone: AbortSignal): Promise<FoundRun> {
    return this.#until(found, ({ final }) => final, waitMs, gone);
  }

  /** The run as soon as its platform knows it, or it has ended without that. */
  async begun(found: FoundRun, gone: AbortSignal): Promise<FoundRun> {
    return this.#until(found, ({ nativeId, final }) => nativeId !== null || final, beginMs, gone);
  }

  async #until(
    { connection, record }: FoundRun,
    isEnough: (run: KeptRun) => boolean,
    waitMs: number,
    gone: AbortSignal,
  ): Promise<FoundRun> {
    if (isEnough(record.doc) || waitMs <= 0) return { connection, record };
    await this.watchOver({ connection, record });
    const newest = await new Promise<Kept>((resolve) => {
      let last = record;
      const end = (): void => {
        clearTimeout(timer);
        gone.removeEventListener('abort', end);
        stop();
        resolve(last);
      };
      const timer = setTimeout(end, waitMs);
      gone.addEventListener('abort', end, { once: true });
      const stop = this.#feed.watch(record.id, record.revision, (events) => {
        const event = events.at(-1);
        if (event !== undefined) last = { ...record, ...event };
        if (isEnough(last.doc)) end();
      });
    });
    return { connection, record: newest };
  }

  /** Somebody looks at a run: one that others have started is polled from now on until its end. */
  async watchOver({ connection, record }: FoundRun): Promise<void> {
    if (record.doc.mark !== null || record.doc.final) return;
    const now = await stored(() => this.#store.records.now());
    await stored(() => this.#store.polls.plan(connection.id, record.id, now + soonMs));
  }

  async #recordOf(connection: Connection, key: string): Promise<Kept | null> {
    const { records, index } = this.#store;
    const direct = await records.read(formatId(connection.id, key));
    if (direct !== null) return direct;
    const [id = null] = await index.named(connection.id, [key]);
    return id === null ? null : records.read(id);
  }

  async #live(connection: Connection, id: string, nativeId: string): Promise<FoundRun> {
    const shown = await connection.part('runs').get(nativeId, deadline(readTimeoutMs(connection)));
    if (shown === null) throw unknownRun(id);
    const taken = await stored(() => this.#window.take(connection, shown));
    const record = await stored(() => this.#store.records.read(taken));
    if (record === null) throw unknownRun(id);
    const doc = { ...seen(record.doc, shown, Date.now()), native: shown.native };
    return { connection, record: { ...record, doc } };
  }
}

/** The 404 of a run. */
export function unknownRun(id: string): NotFoundError {
  return new NotFoundError(`There is no run "${id}".`);
}
