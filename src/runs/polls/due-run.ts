import type { StoredRecord } from '../../ledger/record.ts';
import type { KeptRun } from '../kept-run.ts';

/** What has to be known of a run to look what becomes of it; times in ms since 1970. */
export interface DueRun extends Pick<KeptRun, 'nativeId' | 'process'> {
  /** Whether it waits for somebody, so that nothing becomes of it soon. */
  readonly isWaiting: boolean;
  /** Since when its platform may have it: what was scheduled was accepted long before. */
  readonly sentAt: number;
  /** When its newest attempt was sent or began, or when its end, or that it goes on, was asked for. */
  readonly begunAt: number;
}

/** One that was told to go on, and no answer came, may do so within this time, in ms. */
const goesOnWithinMs = 60_000;

/** The same of a record, as it is at `now`: what a clock that is ahead says of later does not count. */
export function dueRun(
  { doc, ledger }: Pick<StoredRecord<KeptRun>, 'doc' | 'ledger'>,
  now: number,
): DueRun {
  const { nativeId, process, status, createdAt, startedAt, begunAnewAt, askedAnew, askedOnAt } =
    doc;
  const sentAt = ledger === null ? Date.parse(createdAt) : (ledger.sentFrom ?? ledger.notBefore);
  const askedToEndAt = status === 'cancelling' ? doc.updatedAt : null;
  const began = [startedAt, begunAnewAt, askedAnew?.at, askedOnAt, askedToEndAt].map((at) =>
    Date.parse(at ?? createdAt),
  );
  const begunAt = Math.max(sentAt, ...began.filter((at) => at <= now));
  const mayGoOn = askedOnAt !== undefined && now - Date.parse(askedOnAt) < goesOnWithinMs;
  const isWaiting = status === 'suspended' && !mayGoOn;
  return { nativeId, process, isWaiting, sentAt, begunAt };
}
