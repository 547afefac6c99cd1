import { formatId } from '../domain/ids.ts';
import type { RunRecord } from '../domain/run.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptRun } from './kept-run.ts';
import type { RunStore } from './run-store.ts';

/** Where a run that a platform shows stands here. */
export interface KnownRun {
  /** Of its record, also where that is still to be made. */
  readonly id: string;
  readonly record: StoredRecord<KeptRun> | null;
  /** Another record of it, made by who took it for a run of others; null where there is none. */
  readonly twin: string | null;
  /** What the start bears whose mark it carries too, though it is another run; null where there is no such start. */
  readonly correlationId: string | null;
}

type Shown = Pick<RunRecord, 'nativeId' | 'mark'>;

/**
 * Which records runs of a connection stand in. A record that has a native id is of that run alone, whatever carries its
 * mark: what comes of a run by a fork or a restart takes the mark along.
 */
export async function knownRuns(
  { index, records }: RunStore,
  connection: string,
  runs: readonly Shown[],
): Promise<readonly KnownRun[]> {
  const [byNativeId, byMark] = await Promise.all([
    index.named(
      connection,
      runs.map(({ nativeId }) => nativeId),
    ),
    index.named(
      connection,
      runs.map(({ mark, nativeId }) => mark ?? nativeId),
    ),
  ]);
  const direct = runs.map(({ nativeId }) => formatId(connection, nativeId));
  const ids = new Set([...byNativeId, ...byMark, ...direct].filter((id) => id !== null));
  const found = new Map((await records.readMany([...ids])).map((record) => [record.id, record]));
  return runs.map(({ nativeId, mark }, at) => {
    const id = direct[at] ?? '';
    const own = found.get(id) ?? null;
    const named = found.get(byNativeId[at] ?? '') ?? null;
    const marked = found.get(byMark[at] ?? '') ?? null;
    const sure = isOf(named, nativeId) ? named : isOf(marked, nativeId) ? marked : null;
    if (sure !== null) return known(sure, own === null || own === sure ? null : id);
    // What was listed while its start was in doubt is its twin, which shows once they are one.
    const late = isLate(marked) ? marked : null;
    const likely = late ?? own ?? [named, marked].find((each) => mayBe(each)) ?? null;
    if (likely !== null) return known(likely);
    // One of our own whose record is over keeps its id.
    const isOver = named === null && byNativeId[at] !== null;
    return {
      id: isOver ? (byNativeId[at] ?? id) : id,
      record: null,
      twin: null,
      correlationId: mark === null ? null : (marked?.doc.correlationId ?? null),
    };
  });
}

function known(record: StoredRecord<KeptRun>, twin: string | null = null): KnownRun {
  return { id: record.id, record, twin, correlationId: null };
}

/** Whether a record that a native id is said to mean is of that run, for all that is known. */
export function isOrMayBe(record: StoredRecord<KeptRun>, nativeId: string): boolean {
  return isOf(record, nativeId) || mayBe(record);
}

/** Whether a start that was taken for never sent bears a mark all the same: then it has only come late. */
export function isLate(record: StoredRecord<KeptRun> | null): boolean {
  if (record === null) return false;
  const { nativeId, outcome, settlement } = record.doc;
  // What a person has said stands.
  const isOver = nativeId === null && outcome === 'not_sent' && settlement === null;
  return isOver && (record.ledger?.tries ?? 0) > 0;
}

function isOf(record: StoredRecord<KeptRun> | null, nativeId: string): boolean {
  return record?.doc.nativeId === nativeId;
}

/**
 * Whether a start is about to be confirmed, for all that anybody knows. Once it is in doubt, what may be it is listed
 * beside it: nobody would read it again should it turn out to be of somebody else.
 */
function mayBe(record: StoredRecord<KeptRun> | null): boolean {
  return record !== null && record.doc.nativeId === null && record.doc.outcome === null;
}
