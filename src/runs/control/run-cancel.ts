import type { Connection } from '../../connections/connection.ts';
import { GatewayError, StoreUnavailableError } from '../../domain/errors.ts';
import type { CancelOptions } from '../../domain/run.ts';
import type { RecordChange, StoredRecord } from '../../ledger/record.ts';
import { sayAgain, stored } from '../../ledger/stored.ts';
import { readTimeoutMs } from '../../processes/process-reads.ts';
import { deadline } from '../../timing/deadline.ts';
import { instantOf, type KeptRun, refOf } from '../kept-run.ts';
import type { FoundRun } from '../found-run.ts';
import type { RunStore } from '../run-store.ts';
import type { RunsService } from '../runs.service.ts';
import { isUnsent, mayComeYet, neverBegun } from './run-ends.ts';

const soonMs = 1_000;

/** Failures after which telling the platform again may help. */
const transient: readonly string[] = [
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_rate_limited',
];

/** What was told is told again when a run still goes on after so long, in ms; doubles. */
const againMs = 60_000;
const longestAgainMs = 600_000;

/** Who asks again within this has been heard, in ms. */
const heardForMs = 5_000;

/** Whether what its platform was told last was about an attempt before the newest one. */
function isOfOlder({ begunAnewAt, toldToStop }: KeptRun): boolean {
  return begunAnewAt !== undefined && toldToStop !== undefined && toldToStop.at <= begunAnewAt;
}

/** Whether a run is being stopped as it is wished already: its platform is to be told as much, or was a moment ago. */
function isBeingStopped(doc: KeptRun, wish: CancelOptions, now: number): boolean {
  const { isCancelling, pendingCancel, toldToStop, askedAnew } = doc;
  const asked = pendingCancel ?? toldToStop;
  // One that may have begun anew since may not know of it.
  if (!isCancelling || asked === undefined || askedAnew !== undefined) return false;
  const isAsMuch = (asked.force || !wish.force) && (asked.cascade || !wish.cascade);
  if (!isAsMuch || pendingCancel !== null) return isAsMuch;
  const isRecent = toldToStop !== undefined && now < Date.parse(toldToStop.at) + heardForMs;
  return isRecent && !isOfOlder(doc);
}

/** How its platform is to be told that a run shall stop, for the first time or once more; null while it is not to be. */
export function toBeTold(doc: KeptRun, now: number): CancelOptions | null {
  const { pendingCancel, toldToStop, isCancelling, final } = doc;
  if (pendingCancel !== null) return pendingCancel;
  if (toldToStop === undefined || !isCancelling || final) return null;
  if (isOfOlder(doc)) return toldToStop;
  const pauseMs = Math.min(againMs * 2 ** (toldToStop.times - 1), longestAgainMs);
  return now < Date.parse(toldToStop.at) + pauseMs ? null : toldToStop;
}

/**
 * Tells the platform that a run is to be stopped, if that is still to be done, and again as long as nothing comes of it.
 * `now` is the time of the store, in ms since 1970. While the platform is away it stays to be done, by whoever looks at the
 * run next. Gives the record when it has changed.
 * @throws GatewayError when the platform refuses it, StoreUnavailableError when that cannot be written down
 */
export async function tellOfCancel(
  store: RunStore,
  connection: Connection,
  { id, doc }: StoredRecord<KeptRun>,
  now: number,
): Promise<StoredRecord<KeptRun> | null> {
  const ref = refOf(doc);
  const asked = toBeTold(doc, now);
  if (ref === null || asked === null) return null;
  const options = { force: asked.force, cascade: asked.cascade };
  try {
    await connection.part('cancel').cancel(ref, options, deadline(readTimeoutMs(connection)));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (transient.includes(error.code)) return null;
    // What it was told before, it may have heard.
    if (doc.pendingCancel === null) return noted(store, id, options, now);
    await stored(() => standAgain(store, id), 'unknown', sayAgain);
    throw error;
  }
  return stored(
    async () => {
      const told = await noted(store, id, options, now);
      // However seldom it was looked at until now.
      await store.polls.hurry(connection.id, id, (await store.records.now()) + soonMs);
      return told;
    },
    'unknown',
    sayAgain,
  );
}

/** Writes down that its platform has been told. */
function noted(
  { records }: RunStore,
  id: string,
  options: CancelOptions,
  now: number,
): Promise<StoredRecord<KeptRun> | null> {
  const at = instantOf(now);
  return records.change(id, ({ doc }) => {
    if (toBeTold(doc, now) === null) return null;
    const times = doc.pendingCancel === null ? (doc.toldToStop?.times ?? 0) + 1 : 1;
    return { doc: { ...doc, pendingCancel: null, toldToStop: { ...options, at, times } } };
  });
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

/** The run, as its platform has it should it have ended: where runs can begin anew, it may have by now. */
export async function runToStop(runs: RunsService, id: string): Promise<FoundRun> {
  const kept = await runs.kept(id);
  if (kept !== null && isUnsent(kept.record)) return kept;
  const found = await runs.find(id, 'cancel');
  const { doc } = found.record;
  const mayRun =
    doc.final && doc.nativeId !== null && found.connection.capabilities.includes('restart');
  if (!mayRun) return found;
  try {
    return await runs.find(id, 'cancel', true);
  } catch (error) {
    // As far as anybody knows it has ended.
    if (!(error instanceof GatewayError) || error instanceof StoreUnavailableError) throw error;
    return found;
  }
}

/** What becomes of a run whose end is asked for: of one that has ended, nothing. */
export function stopping(
  connection: Connection,
  options: CancelOptions,
  now: number,
): (record: StoredRecord<KeptRun>) => RecordChange<KeptRun> | null {
  return ({ doc, ledger }) => {
    // It may have left since it was looked at: 501 where nothing can stop it any more.
    if (!isUnsent({ doc, ledger })) connection.part('cancel');
    const isDoubted = mayComeYet({ doc, ledger });
    if (doc.final && !isDoubted) return null;
    const pendingCancel = { ...options, from: doc.pendingCancel?.from ?? before(doc) };
    if (ledger?.state === 'accepted')
      return {
        ledger: { ...ledger, state: 'not_sent' },
        doc: neverBegun({ ...doc, pendingCancel }, now),
        dropEvidence: true,
      };
    if (!isDoubted && isBeingStopped(doc, options, now)) return null;
    return {
      doc: {
        ...doc,
        // Nobody knows yet whether there is anything to stop; it is as soon as it shows.
        ...(isDoubted ? {} : { status: 'cancelling' }),
        isCancelling: true,
        pendingCancel,
        updatedAt: instantOf(now),
      },
    };
  };
}

/** Where a run stands apart from its cancellation. */
function before({ status, nativeId, askedAnew }: KeptRun): KeptRun['status'] {
  // Nobody knows whether it has begun anew.
  if (askedAnew !== undefined) return 'unknown';
  if (nativeId === null) return status === 'cancelling' || status === 'unknown' ? 'queued' : status;
  return status === 'cancelling' ? 'running' : status;
}
