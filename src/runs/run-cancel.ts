import type { Connection } from '../connections/connection.ts';
import { GatewayError } from '../domain/errors.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import { instantOf, type KeptRun, refOf } from './kept-run.ts';
import type { RunStore } from './run-store.ts';

const soonMs = 1_000;

/** Failures after which telling the platform again may help. */
const transient: readonly string[] = [
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_rate_limited',
];

/**
 * Tells the platform that a run is to be stopped, if that is still to be done. While the platform is away it stays to be
 * done, by whoever looks at the run next. Gives the record when it has changed.
 * @throws GatewayError when the platform refuses it, StoreUnavailableError when that cannot be written down
 */
export async function tellOfCancel(
  store: RunStore,
  connection: Connection,
  { id, doc }: StoredRecord<KeptRun>,
): Promise<StoredRecord<KeptRun> | null> {
  const ref = refOf(doc);
  if (ref === null || doc.pendingCancel === null) return null;
  try {
    const signal = deadline(readTimeoutMs(connection));
    await connection.part('cancel').cancel(ref, doc.pendingCancel, signal);
  } catch (error) {
    if (!(error instanceof GatewayError) || transient.includes(error.code)) return null;
    await stored(() => standAgain(store, id), 'unknown');
    throw error;
  }
  return stored(async () => {
    const told = await store.records.change(id, ({ doc: current }) =>
      current.pendingCancel === null ? null : { doc: { ...current, pendingCancel: null } },
    );
    // However seldom it was looked at until now.
    await store.polls.hurry(connection.id, id, (await store.records.now()) + soonMs);
    return told;
  }, 'unknown');
}

/** A run whose end is refused goes on as before. */
async function standAgain(store: RunStore, id: string): Promise<void> {
  const updatedAt = instantOf(await store.records.now());
  await store.records.change(id, ({ doc: current }) => {
    const { pendingCancel: asked, final } = current;
    if (asked === null || final) return null;
    const doc = { ...current, isCancelling: false, pendingCancel: null, status: asked.from };
    return { doc: { ...doc, updatedAt } };
  });
}
