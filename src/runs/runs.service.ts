import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from '../connections/connection.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { Capability } from '../domain/capability.ts';
import { GatewayError, NotFoundError, StoreUnavailableError } from '../domain/errors.ts';
import { formatId, parseId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import type { FoundRun } from './found-run.ts';
import type { KeptRun } from './kept-run.ts';
import { isOrMayBe } from './known-runs.ts';
import { toRun } from './run.presenter.ts';
import { RunFeed } from './run-feed.ts';
import { RunLooks } from './run-looks.ts';
import { RunStore } from './run-store.ts';
import { waitFor } from './run-waits.ts';
import { standInMs, unlessAway } from './stand-in.ts';

type Kept = StoredRecord<KeptRun>;

const own = /^r-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const soonMs = 1_000;

/** Runs as watchers find them: many may come at once, and can wait a little. */
export const WATCHED_RUNS = Symbol('watched runs');

/** Runs one by one: what they are, and when they end. */
@Injectable()
export class RunsService {
  readonly #connections: ConnectionRegistry;
  readonly #store: RunStore;
  readonly #feed: RunFeed;
  readonly #looks: RunLooks;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(RunStore) store: RunStore,
    @Inject(RunFeed) feed: RunFeed,
  ) {
    this.#connections = connections;
    this.#store = store;
    this.#looks = new RunLooks(store);
    this.#feed = feed;
  }

  /**
   * The run that an id means: by its record, or by what the platform shows under a native id.
   * @throws NotFoundError, CapabilityNotSupportedError
   */
  async find(id: string, wanted: Capability = 'runs', isLive = false): Promise<FoundRun> {
    const { connection, key, record } = await this.#named(id, wanted);
    if (record === null && own.test(key)) throw unknownRun(id);
    if (record !== null && !isLive) {
      if (!isEnough(record.doc)) return this.#unlessAway(connection, record);
      return record.doc.isUnread === true
        ? this.#whole(connection, record)
        : { connection, record };
    }
    if (record !== null) return { connection, record: await this.#looks.now(connection, record) };
    const shown = await this.#looks.at(connection, key, isLive);
    if (shown === null) throw unknownRun(id);
    return { connection, record: shown };
  }

  /**
   * The same for whoever watches it from now on: its record is enough where it says all, as
   * `watchOver` has it looked at for all of them.
   * @throws NotFoundError, CapabilityNotSupportedError
   */
  async watched(id: string, wanted: Capability = 'runs'): Promise<FoundRun> {
    const { connection, record } = await this.#named(id, wanted);
    if (record === null || record.doc.isUnread === true) return this.find(id, wanted);
    return { connection, record };
  }

  /**
   * The run by its record alone; null where there is none, and its platform may have it all the same.
   * @throws NotFoundError
   */
  async kept(id: string): Promise<FoundRun | null> {
    const { connection, key, record } = await this.#named(id, 'runs');
    if (record === null && own.test(key)) throw unknownRun(id);
    return record === null ? null : { connection, record };
  }

  /**
   * Refuses an id of one of our own runs that there is none of, before it matters what is to be done with it.
   * @throws NotFoundError
   */
  async refuseUnknown(id: string): Promise<void> {
    const { connection, key } = this.#placed(id);
    if (!own.test(key)) return;
    if ((await stored(() => this.#recordOf(connection, key))) === null) throw unknownRun(id);
  }

  show({ connection, record }: FoundRun, withNative: boolean): Run {
    return toRun(connection, record, withNative);
  }

  /** The run as soon as it has ended, or as it is when the time is over, the caller is gone, or this process ends. */
  wait(found: FoundRun, waitMs: number, gone: AbortSignal): Promise<FoundRun> {
    return waitFor(found, { runs: this, feed: this.#feed, isEnough: hasEnded, waitMs, gone });
  }

  /** The run as soon as its platform knows it, or it has ended without that; as it is when the caller is gone or this process stops. */
  begun(found: FoundRun, gone: AbortSignal): Promise<FoundRun> {
    const waiting = { runs: this, feed: this.#feed, isEnough: isBegun, waitMs: null, gone };
    return waitFor(found, waiting);
  }

  /** Somebody looks at a run: one that others have started is polled from now on until its end. */
  async watchOver({ connection, record }: FoundRun): Promise<void> {
    if (record.doc.mark !== null || record.doc.final) return;
    const now = await stored(() => this.#store.records.now());
    await stored(() => this.#store.polls.hurry(connection.id, record.id, now + soonMs));
  }

  async #named(
    id: string,
    wanted: Capability,
  ): Promise<{ connection: Connection; key: string; record: Kept | null }> {
    const { connection, key } = this.#placed(id);
    connection.part(wanted);
    return { connection, key, record: await stored(() => this.#recordOf(connection, key)) };
  }

  #placed(id: string): { readonly connection: Connection; readonly key: string } {
    const parsed = parseId(id);
    const connection = parsed === null ? null : this.#connections.find(parsed.connection);
    if (parsed === null || connection === null) throw unknownRun(id);
    return { connection, key: parsed.key };
  }

  /** A run of others that goes on; as it is kept where its platform cannot be asked now, or hangs. */
  async #unlessAway(connection: Connection, record: Kept): Promise<FoundRun> {
    const found = await unlessAway(this.#looks.again(connection, record), standInMs);
    return found === 'away' ? { connection, record, isStale: true } : { connection, record: found };
  }

  /** A run whose end only a list has shown, with all of it; as it was listed where its platform cannot say more now. */
  async #whole(connection: Connection, record: Kept): Promise<FoundRun> {
    const stale = { connection, record, isStale: true };
    try {
      const found = await unlessAway(this.#looks.whole(connection, record), standInMs);
      return found === 'away' ? stale : { connection, record: found };
    } catch (error) {
      if (!(error instanceof GatewayError) || error instanceof StoreUnavailableError) throw error;
      return stale;
    }
  }

  async #recordOf(connection: Connection, key: string): Promise<Kept | null> {
    const { records, index } = this.#store;
    const direct = await records.read(formatId(connection.id, key));
    if (direct !== null) return direct;
    const [id = null] = await index.named(connection.id, [key]);
    const named = id === null ? null : await records.read(id);
    // Who named it may have ended before that was true.
    return named !== null && isOrMayBe(named, key) ? named : null;
  }
}

/** Whether its record answers for a run: that of one of our own, and of another's once it has ended. */
function isEnough({ mark, final }: KeptRun): boolean {
  return mark !== null || final;
}

function hasEnded({ final }: KeptRun): boolean {
  return final;
}

function isBegun({ nativeId, final }: KeptRun): boolean {
  return nativeId !== null || final;
}

/** The 404 of a run. */
export function unknownRun(id: string): NotFoundError {
  return new NotFoundError(`There is no run "${id}".`);
}
