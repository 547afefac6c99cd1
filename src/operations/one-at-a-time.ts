import { randomUUID } from 'node:crypto';
import { ConflictError, StoreUnavailableError } from '../domain/errors.ts';
import { defaultLedgerTiming } from '../ledger/ledger-kind.ts';
import { persistently } from '../ledger/persistently.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { MakingCondition } from '../ledger/record-store.ts';
import { stored } from '../ledger/stored.ts';
import { within } from '../timing/within.ts';
import type { KeptOperation } from './kept-operation.ts';
import type { OperationStore } from './operation-store.ts';
import type { Turn } from './turns.ts';

type Store = Pick<OperationStore, 'records' | 'turns'>;
type Kept = StoredRecord<KeptOperation>;

/** An operation that is to be, and the things that nobody else changes meanwhile. */
interface Turning {
  readonly operation: string;
  readonly things: readonly string[];
}

/** What is done in a turn. */
interface Steps<P, T> {
  /** Stores nothing. */
  readonly prepare: () => Promise<P>;
  /** Stores the operation, on this condition: what was checked stands only as long as the turn does. */
  readonly accept: (prepared: P, isOwn: MakingCondition) => Promise<T>;
}

const soonMs = 1_000;
/** How long giving a turn back is tried, and how much of that its caller waits for. In ms. */
const leaveMs = 5_000;
const leaveWaitMs = 200;

/**
 * Makes an operation as the only one that changes some things: what is checked against the platform stays so until it is
 * sent. Null where an equal request has made it meanwhile.
 * @throws ConflictError while another operation changes one of them
 */
export async function oneAtATime<P, T>(
  store: Store,
  { operation, things: named }: Turning,
  { prepare, accept }: Steps<P, T>,
): Promise<T | null> {
  const { turns } = store;
  // In one order: of two that want the same things, one gets them all.
  const things = [...new Set(named)].sort();
  const own: Turn = { operation, token: randomUUID(), isAccepted: false };
  const renewing = setInterval(() => {
    // Should it be lost all the same, nothing is stored.
    turns.renew(things, own).catch(() => undefined);
  }, turns.renewEveryMs).unref();
  try {
    for (const thing of things) if (!(await isTaken(store, thing, own))) return null;
    const prepared = await prepare();
    return await accept(prepared, turns.isOwn(things, own));
  } catch (error) {
    // What Redis was too slow to say may have been done: a turn that was taken is given back, and what is not accepted before
    // that is not accepted any more. That of an accepted operation stays.
    const leaving = left(store, things, own);
    if (!(error instanceof StoreUnavailableError)) await within(leaving, leaveWaitMs);
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

/** Whether one has the turn of a thing; not where the operation is there already. */
async function isTaken(store: Store, thing: string, own: Turn): Promise<boolean> {
  const { records, turns } = store;
  let over: Turn | null = null;
  for (;;) {
    const before: Turn | null = over;
    const stands: Turn = await stored(() => turns.take(thing, own, before));
    if (stands.token === own.token) return true;
    const record = await stored(() => records.read(stands.operation));
    if (stands.operation !== own.operation) await refuseUnlessOver(store, thing, stands, record);
    else if (record !== null) return false;
    over = stands;
  }
}

/** @throws ConflictError */
async function refuseUnlessOver(
  { records }: Store,
  thing: string,
  { isAccepted, operation }: Turn,
  record: Kept | null,
): Promise<void> {
  if (record === null) {
    // It was taken back.
    if (isAccepted) return;
    throw notYet(`${thing} is being changed by another request: ask again in a moment.`, soonMs);
  }
  if (!record.doc.final) {
    const why = `${thing} is being changed by ${operation}: ask again once that has ended.`;
    throw notYet(why, soonMs, operation);
  }
  const lateUntil = lateUntilOf(record);
  const leftMs = lateUntil === null ? 0 : lateUntil - (await stored(() => records.now()));
  if (leftMs <= 0) return;
  throw notYet(
    `${thing} may yet be changed by ${operation}: that was given up without an answer, and whoever held it then may still bring it. Ask again once it cannot come any more, or settle it.`,
    leftMs,
    operation,
  );
}

/** Until when an operation in doubt may still arrive, in ms since 1970; null where it cannot. */
function lateUntilOf({ ledger }: Kept): number | null {
  if (ledger?.state !== 'unknown' || ledger.mayBeLate !== true) return null;
  const { sentUntil, waitMs = 0, deadline } = ledger;
  return (sentUntil ?? deadline) + waitMs + defaultLedgerTiming.late;
}

/** Gives turns back, however slow Redis is; they end by themselves should that be in vain. */
async function left({ turns }: Store, things: readonly string[], own: Turn): Promise<void> {
  const until = performance.now() + leaveMs;
  await persistently(() => turns.leave(things, own), until).catch(() => undefined);
}

function notYet(why: string, retryAfterMs: number, operation?: string): ConflictError {
  const members = operation === undefined ? {} : { operation };
  return new ConflictError(why, { outcome: 'not_sent', retryable: true, retryAfterMs, members });
}
