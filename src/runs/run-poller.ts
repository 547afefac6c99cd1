import type { Connection } from '../connections/connection.ts';
import { GatewayError } from '../domain/errors.ts';
import { fromEpochMs } from '../domain/instant.ts';
import type { RunRecord, RunRef } from '../domain/run.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { Log } from '../telemetry/log.ts';
import { deadline } from '../upstream/deadline.ts';
import { instantOf, type KeptRun, refOf, seen } from './kept-run.ts';
import { pauseFor } from './poll-pace.ts';
import { tellOfCancel } from './run-cancel.ts';
import type { RunStore } from './run-store.ts';

/** Looked at in one go; more are due again at once. */
const batch = 1_000;
/** Runs that were taken up are due again after so long, should this process end before it has looked. */
const takenMs = 30_000;
const pollTimeoutMs = 25_000;
/** A run that the platform does not show any more is given up after so long without a sign, in ms. */
const lostAfterMs = 10 * 60_000;
/** Clocks may differ by so much, in ms. */
const clockSlackMs = 60_000;
const slowestRetryMs = 60_000;

type Polled = StoredRecord<KeptRun>;

/** Looks at runs that are due, many in one call where the platform allows it, and writes down what has changed. */
export class RunPoller {
  readonly #store: RunStore;
  readonly #log: Log;

  constructor(store: RunStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Looks at the due runs of a connection; gives how many there were. */
  async poll(connection: Connection): Promise<number> {
    const now = await this.#store.records.now();
    const ids = await this.#store.polls.take(connection.id, now, batch, now + takenMs);
    if (ids.length === 0) return 0;
    const records = await this.#store.records.readMany(ids);
    const open = records.filter(({ doc }) => !doc.final);
    const kept = new Set(open.map(({ id }) => id));
    await this.#store.polls.drop(
      connection.id,
      ids.filter((id) => !kept.has(id)),
    );
    if (open.length > 0) await this.#look(connection, open, now);
    return ids.length;
  }

  async #look(connection: Connection, records: readonly Polled[], now: number): Promise<void> {
    const signal = deadline(pollTimeoutMs);
    try {
      await this.#tellOfCancels(connection, records);
      const found = await this.#found(connection, records, signal);
      for (const record of records) {
        const shown = found.get(record.id) ?? null;
        await (shown === null ? this.#missing(record, now) : this.#seen(record, shown, now));
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#log.warn(
        {
          connection: connection.id,
          runs: records.length,
          code: error.code,
          reason: error.message,
        },
        'Runs could not be looked at',
      );
      await this.#later(connection.id, records, now, error.details.retryAfterMs ?? 0);
    }
  }

  async #tellOfCancels(connection: Connection, records: readonly Polled[]): Promise<void> {
    for (const record of records) {
      if (record.doc.pendingCancel === null) continue;
      try {
        await tellOfCancel(this.#store, connection, record);
      } catch (error) {
        this.#log.warn({ id: record.id, reason: String(error) }, 'A run could not be stopped');
      }
    }
  }

  /** What the upstream shows of them, by record. */
  async #found(
    connection: Connection,
    records: readonly Polled[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RunRecord>> {
    const part = connection.part('runs');
    const refs = new Map<string, RunRef>();
    for (const { id, doc } of records) {
      const ref = refOf(doc);
      if (ref !== null) refs.set(id, ref);
    }
    const shown = new Map<string, RunRecord>();
    if (refs.size > 0) {
      const byNativeId = new Map(
        (await part.getMany([...refs.values()], signal)).map((each) => [each.nativeId, each]),
      );
      for (const [id, { nativeId }] of refs) {
        const each = byNativeId.get(nativeId);
        if (each !== undefined) shown.set(id, each);
      }
    }
    const nameless = records.filter(({ doc }) => doc.nativeId === null && doc.mark !== null);
    if (nameless.length > 0) {
      for (const [id, each] of await this.#byMark(connection, nameless, signal))
        shown.set(id, each);
    }
    return shown;
  }

  /** Where the answer to a start names no run, the mark that it carried does. */
  async #byMark(
    connection: Connection,
    records: readonly Polled[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RunRecord>> {
    const oldest = Math.min(...records.map(({ doc }) => Date.parse(doc.createdAt)));
    const since = fromEpochMs(oldest - clockSlackMs) ?? instantOf(0);
    const window = await connection.part('runs').since(since, signal);
    const byMark = new Map(
      window.flatMap((each) => (each.mark === null ? [] : [[each.mark, each]])),
    );
    const found = new Map<string, RunRecord>();
    for (const { id, doc } of records) {
      const each = byMark.get(doc.mark ?? '');
      if (each === undefined) continue;
      await this.#store.index.name(connection.id, each.nativeId, id);
      found.set(id, each);
    }
    return found;
  }

  async #seen({ id, doc }: Polled, shown: RunRecord, now: number): Promise<void> {
    const changed = await this.#store.records.change(id, (current) => {
      const next = seen(current.doc, shown, now);
      return next === current.doc ? null : { doc: next };
    });
    const run = changed?.doc ?? doc;
    if (run.final) await this.#store.polls.drop(run.connection, [id]);
    else await this.#store.polls.plan(run.connection, id, now + pauseFor(run, now));
  }

  /** Platforms show runs late, and forget them: the one is waited for, the other is the end of what can be known. */
  async #missing({ id, doc }: Polled, now: number): Promise<void> {
    const sign = Math.max(Date.parse(doc.updatedAt), Date.parse(doc.createdAt));
    if (now - sign < lostAfterMs) {
      await this.#store.polls.plan(doc.connection, id, now + pauseFor(doc, now));
      return;
    }
    await this.#store.records.change(id, ({ doc: current }) =>
      current.final ? null : { doc: lost(current, now) },
    );
    await this.#store.polls.drop(doc.connection, [id]);
  }

  async #later(
    connection: string,
    records: readonly Polled[],
    now: number,
    retryAfterMs: number,
  ): Promise<void> {
    const plans = records.map(({ id, doc }): [string, number] => [
      id,
      now + Math.min(Math.max(pauseFor(doc, now), retryAfterMs), slowestRetryMs),
    ]);
    await this.#store.polls.planMany(connection, plans);
  }
}

function lost(run: KeptRun, now: number): KeptRun {
  const at = instantOf(now);
  return {
    ...run,
    status: 'unknown',
    final: true,
    finishedAt: at,
    updatedAt: at,
    error: {
      code: null,
      message: 'The platform does not show this run any more, so its end is not known.',
    },
  };
}
