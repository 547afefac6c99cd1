import pMap from 'p-map';
import type { Connection } from '../../connections/connection.ts';
import type { Log } from '../../telemetry/log.ts';
import { tellOfCancel } from './run-cancel.ts';
import type { RunStore } from '../run-store.ts';

/** None is begun later than this after the first one, in ms; what is left is told after the next look. */
const tellingMs = 25_000;

/**
 * Tells platforms which runs are to be stopped, beside the looks at them: one that does not answer that holds up no look,
 * and keeps at most half of what may be asked of it at once.
 */
export class PendingCancels {
  readonly #store: RunStore;
  readonly #log: Log;
  /** Ids of the connections that are being told. */
  readonly #underWay = new Set<string>();

  constructor(store: RunStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Tells of runs by their ids, unless the platform is being told already; nothing is thrown. */
  async tell(connection: Connection, ids: readonly string[]): Promise<void> {
    if (ids.length === 0 || this.#underWay.has(connection.id)) return;
    this.#underWay.add(connection.id);
    const until = performance.now() + tellingMs;
    const concurrency = Math.max(Math.floor(connection.config.concurrency / 2), 1);
    await pMap(
      ids,
      (id) => (performance.now() < until ? this.#tellOf(connection, id) : undefined),
      { concurrency },
    );
    this.#underWay.delete(connection.id);
  }

  async #tellOf(connection: Connection, id: string): Promise<void> {
    try {
      // It may have ended since it was looked at.
      const { records } = this.#store;
      const now = await records.now();
      const record = await records.read(id);
      if (record !== null && !record.doc.final)
        await tellOfCancel(this.#store, connection, record, now);
    } catch (error) {
      this.#log.warn({ id, reason: String(error) }, 'A run could not be stopped');
    }
  }
}
