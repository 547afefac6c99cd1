import type { LedgerEntry } from './record.ts';

/** What is accepted: by whom it is sent, and when. */
export interface NewEntry extends Pick<
  LedgerEntry,
  'connection' | 'part' | 'mark' | 'files' | 'fetches'
> {
  /** Now, in ms since 1970 by the clock of the store. */
  readonly acceptedAt: number;
  /** Nothing is sent earlier; one whose time has passed can be sent from now on. */
  readonly notBefore: number;
  /** It is sent within this time after it could be sent first, or not at all, in ms. */
  readonly deadlineMs: number;
}

/** Where a write stands as it is accepted. */
export function newEntry({ notBefore, deadlineMs, ...entry }: NewEntry): LedgerEntry {
  const from = Math.max(notBefore, entry.acceptedAt);
  return {
    ...entry,
    state: 'accepted',
    notBefore: from,
    deadline: from + deadlineMs,
    token: null,
    sendBy: null,
    sentFrom: null,
    sentUntil: null,
    tries: 0,
    lastFailure: null,
    looks: 0,
    absentSince: null,
  };
}
