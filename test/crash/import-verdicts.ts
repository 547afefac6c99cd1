import type { Operation } from '../../src/domain/operation.ts';
import { defaultLedgerTiming } from '../../src/ledger/ledger-kind.ts';
import type { LedgerEntry } from '../../src/ledger/record.ts';
import type { Hit, Kill } from './import-rounds.ts';

/** An import that has ended, as its caller sees it, as the ledger keeps it, and how often it has really taken effect. */
export interface Ended {
  readonly operation: Operation;
  readonly entry: LedgerEntry;
  readonly effects: number;
}

/**
 * The last look begins when a minute is over, and is over some reads later: what it has to be seen by is on the same machine
 * as all that is started again there. In ms.
 */
const lastLookMs = 5_000;
/** Within this time after no answer can come any more somebody knows, or says that nobody does; in ms. */
const knownWithinMs = defaultLedgerTiming.settle + lastLookMs;

/** What is wrong with the end of an import; null: nothing. */
export function flawOf({ subject }: Hit, ended: Ended, kills: readonly Kill[]): string | null {
  const { operation, entry, effects } = ended;
  const { outcome, status, evidence } = operation;
  if (effects > 1) return 'it has taken effect more than once';
  if (isLate(ended, kills)) return 'it took too long until that was known';
  if (outcome === 'applied')
    return effects === 1 && status === 'succeeded' ? null : 'it is said to be done, and is not';
  if (!isCutOff(entry, kills)) return 'no worker was killed that had to do with it';
  if (outcome === 'unknown') return evidence === null ? 'there is no evidence' : null;
  if (outcome !== 'not_sent') return 'nothing has refused it';
  if (effects > 0) return 'it is said not to be sent, and was';
  // The others are sent again once it is proved that they never arrived.
  return isSentOnce(subject.onConflict) ? null : 'it was accepted, and is lost';
}

/** How long it took after nobody could expect an answer any more, or after the kill of whoever looked for it last, in ms. */
export function lateMs({ operation, entry }: Ended, kills: readonly Kill[]): number {
  const at = Date.parse(operation.finishedAt ?? '');
  const since = kills.filter(({ victim, until }) => victim === 'worker' && until <= at);
  return at - Math.max(entry.sentUntil ?? at, ...since.map(({ until }) => until));
}

/** Whether it took longer than it may until it was known what became of it. */
export function isLate(ended: Ended, kills: readonly Kill[]): boolean {
  return lateMs(ended, kills) > knownWithinMs;
}

/** Whether a worker was killed while it may have been sending it. */
export function isCutOff({ sentFrom, sentUntil }: LedgerEntry, kills: readonly Kill[]): boolean {
  if (sentFrom === null || sentUntil === null) return false;
  return kills.some(
    ({ victim, from, until }) => victim === 'worker' && until >= sentFrom && from <= sentUntil,
  );
}

/** Another process would come of each time that it is sent. */
function isSentOnce(onConflict: string): boolean {
  return onConflict === 'new-active' || onConflict === 'new-inactive';
}
