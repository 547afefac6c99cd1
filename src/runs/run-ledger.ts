import type { ConnectionRegistry } from '../connections/connection-registry.ts';
import { InternalError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { StartReceipt } from '../domain/run.ts';
import type { Doubt, LedgerKind, Verdict } from '../ledger/ledger-kind.ts';
import type { SendingPart, StoredRecord } from '../ledger/record.ts';
import { instantOf, type KeptRun } from './kept-run.ts';
import { claimedByOthers } from './starts/run-claims.ts';
import { failed, neverBegun } from './control/run-ends.ts';
import { safelyMs } from './polls/run-polls.ts';
import type { RunAudit } from './run-audit.ts';
import type { RunStore } from './run-store.ts';

/** How long after its start a run is first looked at, in ms. */
const firstLookMs = 2_000;

/** How the ledger sends starts, and what it makes of their runs. */
export function runLedger(
  store: RunStore,
  connections: ConnectionRegistry,
  files: Pick<LedgerKind<KeptRun, StartReceipt>, 'openFile' | 'removeFiles'>,
  audit: RunAudit,
): LedgerKind<KeptRun, StartReceipt> {
  return {
    store: store.records,
    write: ({ connection, part }) => connections.get(connection).part(startPart(part)),
    show,
    names: ({ nativeId }) => nativeId !== null,
    stopped: ({ doc }) => (doc.pendingCancel === null ? null : neverBegun(doc, Date.now())),
    narrowed: (record, doubt) => {
      // Looking again in vain is nothing that anybody has to be told.
      if (record.doc.outcome !== 'unknown') audit.doubted(record);
      return withoutClaimed(store, record, doubt);
    },
    ...files,
    beforeConfirmed: async (record, { nativeId }) => {
      const { id, doc } = record;
      const { connection } = doc;
      if (nativeId !== null) await store.index.name(connection, nativeId, id);
      // One that was in doubt is not open before its confirmation is stored, which is tried for less than that time.
      const aheadMs = doc.final ? safelyMs : firstLookMs;
      await store.polls.plan(connection, id, (await store.records.now()) + aheadMs);
    },
    settled: async (record, receipt) => {
      const { id, doc } = record;
      const named = receipt?.nativeId ?? null;
      // A person was faster, and has said otherwise: that run is somebody else's again.
      if (named !== null && named !== doc.nativeId)
        await store.index.unname(doc.connection, named, id);
      // One that was in doubt was planned late, and may have to be stopped.
      if (doc.nativeId !== null && !doc.final)
        await store.polls.hurry(doc.connection, id, (await store.records.now()) + firstLookMs);
      await makeKnown(store, record);
      audit.ended(record);
    },
  };
}

function startPart(part: SendingPart): 'starts' | 'archiveRuns' {
  if (part === 'starts' || part === 'archiveRuns') return part;
  throw new InternalError(`a run is not started by ${part}`);
}

/** A run whose start is settled means what its platform calls it; done again, it does no harm. */
export async function makeKnown(store: RunStore, record: StoredRecord<KeptRun>): Promise<void> {
  const { connection, nativeId, outcome } = record.doc;
  if (nativeId === null || outcome !== 'applied') return;
  await store.index.name(connection, nativeId, record.id);
  const twin = formatId(connection, nativeId);
  // A walk that was faster than the answer may have taken the run for somebody else's.
  if (twin !== record.id) await forgetTwins(store, connection, [{ id: record.id, twin }]);
}

/** What was asked of a run under its other name goes on. */
function stoppedAs(doc: KeptRun, { pendingCancel, toldToStop }: KeptRun): { doc: KeptRun } | null {
  if (doc.final || doc.isCancelling) return null;
  const told = toldToStop === undefined ? {} : { toldToStop };
  return { doc: { ...doc, status: 'cancelling', isCancelling: true, pendingCancel, ...told } };
}

/** A run that stands in two records, as a walk was faster than the answer to its start. */
export interface Twin {
  /** Of the record that stays. */
  readonly id: string;
  /** Of the other one. */
  readonly twin: string;
}

/** Forgets records of runs that stand in others, where what was asked of them goes on. */
export async function forgetTwins(
  { index, polls, records }: RunStore,
  connection: string,
  twins: readonly Twin[],
): Promise<void> {
  if (twins.length === 0) return;
  const others = twins.map(({ twin }) => twin);
  await index.remove(connection, others);
  await polls.drop(connection, others);
  const handOver = async (id: string, known: KeptRun): Promise<void> => {
    if (!known.isCancelling || known.final) return;
    await records.change(id, ({ doc }) => stoppedAs(doc, known));
    await polls.hurry(connection, id, await records.now());
  };
  await Promise.all(
    twins.map(({ id, twin }) => records.remove(twin, ({ doc }) => handOver(id, doc))),
  );
}

/** What is known to come of another start is not offered to the person who has to tell. */
async function withoutClaimed(
  store: RunStore,
  { id, doc: { connection } }: StoredRecord<KeptRun>,
  { why, candidates }: Doubt,
): Promise<Doubt> {
  const claimed = await claimedByOthers(store, connection, candidates, id);
  if (claimed.size === 0) return { why, candidates };
  const own = candidates.filter((each) => !claimed.has(each));
  const many = own.length === 0 ? 'All of them' : `${claimed.size} of them`;
  const said =
    candidates.length === 1 ? 'It came of another start.' : `${many} came of other starts.`;
  return { why: `${why} ${said}`, candidates: own };
}

function show({ doc, ledger }: StoredRecord<KeptRun>, verdict: Verdict<StartReceipt>): KeptRun {
  const now = Date.now();
  if ('problem' in verdict) return failed(doc, verdict.kind, verdict.problem, now);
  if (verdict.kind === 'confirmed') return begun(doc, verdict.receipt, now);
  if (ledger === null) throw new InternalError('a run in doubt has a ledger');
  const at = instantOf(now);
  const candidates = verdict.candidates.map((each) => formatId(doc.connection, each));
  const known = doc.outcome === 'unknown' ? doc.evidence : null;
  if (known !== null && known.candidates.join() === candidates.join()) return doc;
  return {
    ...doc,
    status: 'unknown',
    final: true,
    outcome: 'unknown',
    finishedAt: known === null ? at : doc.finishedAt,
    updatedAt: at,
    evidence: {
      detail: verdict.detail,
      mark: ledger.mark,
      sentFrom: instantOf(ledger.sentFrom ?? ledger.acceptedAt),
      sentUntil: instantOf(ledger.sentUntil ?? ledger.deadline),
      candidates,
      lookedAt: instantOf(verdict.lookedAt),
    },
  };
}

/** A run whose start is proved; what its platform has shown of it since stays. */
function begun(doc: KeptRun, { nativeId }: StartReceipt, now: number): KeptRun {
  const proved = { outcome: 'applied', evidence: null, updatedAt: instantOf(now) } as const;
  if (doc.nativeId !== null && doc.outcome !== 'unknown') return { ...doc, ...proved };
  return begunWith(doc, nativeId, now);
}

/** A run whose start is proved, of which nothing else is known yet. */
export function begunWith(doc: KeptRun, nativeId: string | null, now: number): KeptRun {
  return {
    ...doc,
    outcome: 'applied',
    evidence: null,
    updatedAt: instantOf(now),
    nativeId,
    status: doc.isCancelling ? 'cancelling' : 'queued',
    final: false,
    finishedAt: null,
    error: null,
  };
}
