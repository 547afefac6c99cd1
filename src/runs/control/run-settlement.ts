import { ConflictError, InvalidRequestError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/run.ts';
import { type Listener, ownChange } from '../../ledger/own-change.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import { sayAgain, stored } from '../../ledger/stored.ts';
import { readFirst } from '../../upstream/read-first.ts';
import type { KeptRun } from '../kept-run.ts';
import { isNamed, shownAs } from '../named-run.ts';
import { refuseMisfit, refuseTaken } from '../starts/run-claims.ts';
import { settled } from './run-ends.ts';
import { makeKnown } from '../run-ledger.ts';
import { safelyMs } from '../polls/run-polls.ts';
import type { RunStore } from '../run-store.ts';
import type { ResolveRunDto } from './run-writes.dto.ts';
import type { FoundRun } from '../found-run.ts';
import { unknownRun } from '../runs.service.ts';

type Kept = StoredRecord<KeptRun>;

/** What was settled and is not made known by then is taken up by the ledger, in ms. */
const soonMs = 15_000;

/**
 * Writes down what a person says of a run in doubt; said again by somebody whose answer was lost, it stands already. Only
 * what stands is made known by its native id: of two who settle it at once, one has said nothing.
 * @throws ConflictError when it is not in doubt, or was settled otherwise meanwhile
 */
export async function settle(
  store: RunStore,
  { connection, record }: FoundRun,
  said: ResolveRunDto,
  listener: Listener<KeptRun>,
): Promise<FoundRun> {
  const settledRecord = (await isSaidAgain({ connection, record }, said))
    ? await asItStands(store, record)
    : await written(store, { connection, record }, said, listener);
  const { id, doc } = settledRecord;
  await stored(() => makeKnown(store, settledRecord), 'unknown', sayAgain);
  if (!doc.final)
    await stored(
      async () => store.polls.plan(connection.id, id, await store.records.now()),
      'unknown',
      sayAgain,
    );
  await stored(() => store.open.remove(id), 'unknown', sayAgain);
  return { connection, record: settledRecord };
}

/** The run as it would stand once that is said; nothing is written down. @throws ConflictError */
export async function settledAs(
  store: RunStore,
  { connection, record }: FoundRun,
  said: ResolveRunDto,
): Promise<FoundRun> {
  if (await isSaidAgain({ connection, record }, said)) return { connection, record };
  if (record.doc.outcome !== 'unknown') throw undoubted(record);
  refuseUntrue(record, said);
  const shown = await shownRun(store, { connection, record }, said);
  const now = await stored(() => store.records.now());
  const doc = settled(record.doc, said, shown?.nativeId ?? null, now);
  return { connection, record: { ...record, doc } };
}

function isSaidAgain({ connection, record }: FoundRun, said: ResolveRunDto): Promise<boolean> {
  return isSettledSo(record, said, async (nativeId) => {
    if (said.nativeId === undefined || isNamed(connection, said.nativeId, nativeId)) return true;
    // A platform may know a run by several ids.
    const shown = await readFirst(() => shownAs(connection, said.nativeId ?? ''));
    return shown.nativeId === nativeId;
  });
}

async function written(
  store: RunStore,
  { connection, record }: FoundRun,
  said: ResolveRunDto,
  listener: Listener<KeptRun>,
): Promise<Kept> {
  const { id } = record;
  if (record.doc.outcome !== 'unknown') throw undoubted(record);
  refuseUntrue(record, said);
  const shown = await shownRun(store, { connection, record }, said);
  const now = await stored(() => store.records.now());
  // Should this process end once it stands, it is looked at, and the ledger makes it known.
  if (shown !== null) await stored(() => store.polls.plan(connection.id, id, now + safelyMs));
  await stored(() => store.open.add(id, now + soonMs));
  const nativeId = shown?.nativeId ?? null;
  const changed = await ownChange(
    (step) => stored(() => store.records.change(id, step, { durable: true }), 'unknown', sayAgain),
    {
      ...listener,
      step: ({ doc, ledger }) =>
        doc.outcome !== 'unknown' || ledger === null
          ? null
          : {
              doc: settled(doc, said, nativeId, now),
              ledger: { ...ledger, state: said.outcome === 'applied' ? 'confirmed' : 'not_sent' },
              dropEvidence: true,
            },
    },
  );
  if (changed === null) throw unknownRun(id);
  const isMeant = (known: string): boolean => nativeId === null || known === nativeId;
  if (!(await isSettledSo(changed, said, isMeant))) throw undoubted(changed);
  return changed;
}

/** The run that is meant; null where none is named. */
async function shownRun(
  store: RunStore,
  { connection, record }: FoundRun,
  { nativeId }: ResolveRunDto,
): Promise<RunRecord | null> {
  if (nativeId === undefined) return null;
  const shown = await readFirst(() => shownAs(connection, nativeId));
  await stored(() => refuseTaken(store, connection.id, shown.nativeId, record.id));
  refuseMisfit(record, shown);
  return shown;
}

/** Whether the very same was said of it, and of the same run. */
async function isSettledSo(
  { doc: { settlement, nativeId } }: Kept,
  { outcome, note }: ResolveRunDto,
  isMeant: (nativeId: string) => boolean | Promise<boolean>,
): Promise<boolean> {
  if (settlement?.outcome !== outcome || settlement.note !== note) return false;
  return isMeant(nativeId ?? '');
}

/** A settlement of which somebody could not be told that it will last; once Redis will keep it. */
async function asItStands(store: RunStore, record: Kept): Promise<Kept> {
  const standing = await stored(
    () => store.records.change(record.id, () => null, { durable: true }),
    'unknown',
    sayAgain,
  );
  return standing ?? record;
}

function undoubted({ id, doc: { outcome, settlement } }: Kept): ConflictError {
  const why =
    settlement === null
      ? 'is not in doubt'
      : `was settled at ${settlement.at}: "${settlement.note}"`;
  return new ConflictError(`The outcome of ${id} ${why}.`, { outcome: outcome ?? 'not_sent' });
}

/** @throws InvalidRequestError when something that was not started is to have an id */
export function refuseContradiction({ outcome, nativeId }: ResolveRunDto): void {
  if (outcome === 'applied' || nativeId === undefined) return;
  const message = 'must be left out where nothing was started';
  throw new InvalidRequestError(`The body is not valid: nativeId ${message}.`, {
    outcome: 'not_sent',
    errors: [{ at: 'nativeId', message }],
  });
}

/** @throws ConflictError when a start is to be called unsent that its platform has said yes to */
function refuseUntrue({ id, doc, ledger }: Kept, { outcome }: ResolveRunDto): void {
  if (outcome === 'applied' || ledger?.isTaken !== true) return;
  throw new ConflictError(
    `${doc.connection} has taken ${id} without naming the run, so it cannot be said that it was not sent: say applied, without a native id where none is known.`,
    { outcome: 'not_sent', errors: [{ at: 'outcome', message: 'must be applied' }] },
  );
}
