import type { Connection } from '../connections/connection.ts';
import { GatewayError, StoreUnavailableError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { RunRef } from '../domain/run.ts';
import { isHeld } from '../ledger/failures.ts';
import { defaultLedgerTiming } from '../ledger/ledger-kind.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { afterSending } from '../ledger/with-outcome.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import { askingAnew, openUntil } from './anew.ts';
import { asItEnded, instantOf, type KeptRun } from './kept-run.ts';
import { isInDoubt } from '../ledger/accept-once.ts';
import { safelyMs } from './run-polls.ts';
import type { RunStore } from './run-store.ts';

/** What was asked of a platform takes effect within this time after nobody waits for its answer any more, in ms. */
const lateMs = 30_000;
const soonMs = 1_000;

/** Whether nobody knows what became of what a platform was asked for. */
export function isLost(error: unknown): boolean {
  return !(error instanceof GatewayError) || isInDoubt(afterSending(error));
}

/**
 * Tells the platform to let a run begin anew; false when it knows no such run. The run is open before it is told: should
 * its answer be lost, or this process end, it is looked at until it is known whether it has begun.
 */
export async function tellOfRestart(
  store: RunStore,
  connection: Connection,
  record: StoredRecord<KeptRun>,
  ref: RunRef,
): Promise<boolean> {
  const timeoutMs = readTimeoutMs(connection);
  const now = await stored(() => store.records.now());
  const asking = { at: instantOf(now), until: instantOf(now + timeoutMs + lateMs) };
  // One that is open is looked at already: it has not ended, or was asked this before.
  const hasEnded = record.doc.final;
  const plan = (inMs: number): Promise<void> =>
    store.polls.plan(connection.id, record.id, now + inMs);
  if (hasEnded) await stored(() => plan(safelyMs));
  const takeBack = async (): Promise<void> => {
    if (!hasEnded) return;
    await store.records.change(record.id, ({ doc }) =>
      // Another one may be asking meanwhile.
      doc.askedAnew?.at === asking.at && doc.askedAnew.until === asking.until
        ? { doc: asItEnded(doc) }
        : null,
    );
  };
  await opened(
    () =>
      store.records.change(
        record.id,
        ({ doc }) => {
          const next = askingAnew(doc, asking);
          return next === doc ? null : { doc: next };
        },
        { durable: true },
      ),
    takeBack,
  );
  const askedAt = performance.now();
  try {
    const isKnown = await connection.part('restart').restart(ref, deadline(timeoutMs));
    if (!isKnown) await stored(takeBack);
    return isKnown;
  } catch (error) {
    const awayMs = performance.now() - askedAt;
    const lost = async (): Promise<void> => {
      await plan(soonMs);
      if (isHeld(error, awayMs)) await keepOpen(store, record.id, asking.until);
    };
    // Should that fail, it is looked at all the same, only later.
    await (isLost(error) ? lost() : takeBack()).catch(() => undefined);
    throw error;
  }
}

/** It may begin anew for as long as somebody may still bring what was asked. */
async function keepOpen({ records }: RunStore, id: string, until: Instant): Promise<void> {
  const longer = instantOf(Date.parse(until) + defaultLedgerTiming.late);
  await records.change(id, ({ doc }) => {
    const next = openUntil(doc, longer);
    return next === doc ? null : { doc: next };
  });
}

/** @throws StoreUnavailableError when Redis may forget that it is open: then the platform is not asked */
async function opened(open: () => Promise<unknown>, takeBack: () => Promise<void>): Promise<void> {
  try {
    await stored(open);
  } catch (cause) {
    if (!(cause instanceof StoreUnavailableError)) throw cause;
    // Should that fail, it is looked at all the same, only later.
    await takeBack().catch(() => undefined);
    const { retryAfterMs } = cause.details;
    throw new StoreUnavailableError(
      'Redis cannot say that it will keep what is asked for, so nothing was asked of the platform.',
      { outcome: 'not_sent', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    );
  }
}
