import { ConflictError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/run.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import type { KeptRun } from '../kept-run.ts';
import { isOrMayBe } from '../known-runs.ts';
import type { RunStore } from '../run-store.ts';

/** How far the clocks of a platform and of the store may lie apart, in ms. */
const slackMs = 60_000;

/** Which of a platform's runs are known to be of other starts than `own`, and of which: record ids by native id. */
export async function claimedByOthers(
  store: RunStore,
  connection: string,
  nativeIds: readonly string[],
  own: string,
): Promise<Map<string, string>> {
  const named = await store.index.named(connection, nativeIds);
  const claims = nativeIds.flatMap((nativeId, at) => {
    const id = named[at] ?? null;
    return id === null || id === own ? [] : [[nativeId, id] as const];
  });
  const records = await store.records.readMany(claims.map(([, id]) => id));
  // What nobody has started here has no mark: a walk has seen it, which says nothing of whose it is.
  const starts = new Map(
    records.filter(({ doc }) => doc.mark !== null).map((record) => [record.id, record]),
  );
  return new Map(
    claims.filter(([nativeId, id]) => {
      const start = starts.get(id);
      return start !== undefined && isOrMayBe(start, nativeId);
    }),
  );
}

/** @throws ConflictError when what a platform shows cannot have come of a start: it cannot be taken back later */
export function refuseMisfit(
  { id, doc, ledger }: StoredRecord<KeptRun>,
  { nativeId, process, mark, createdAt, startedAt }: RunRecord,
): void {
  if (mark !== null && mark === doc.mark) return;
  if (process !== null && doc.process !== null && !isAlike(process, doc.process))
    throw misfit(
      `The run "${nativeId}" is one of ${process}, and ${id} was to start ${doc.process}.`,
      'is of another process',
    );
  const began = createdAt ?? startedAt;
  const from = ledger?.sentFrom ?? ledger?.acceptedAt ?? Date.parse(doc.createdAt);
  if (began !== null && Date.parse(began) < from - slackMs)
    throw misfit(
      `The run "${nativeId}" began at ${began}, and ${id} was not sent before ${new Date(from).toISOString()}.`,
      'began before the start was sent',
    );
}

/** @throws ConflictError when it belongs to another start */
export async function refuseTaken(
  store: RunStore,
  connection: string,
  nativeId: string,
  own: string,
): Promise<void> {
  const other = (await claimedByOthers(store, connection, [nativeId], own)).get(nativeId);
  if (other !== undefined)
    throw misfit(`The run "${nativeId}" was started by ${other}.`, 'belongs to another start');
}

/** A platform may write a key otherwise in its runs than in its lists, as far as case goes. */
function isAlike(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function misfit(detail: string, message: string): ConflictError {
  return new ConflictError(detail, {
    outcome: 'not_sent',
    errors: [{ at: 'nativeId', message }],
  });
}
