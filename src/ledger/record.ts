import type { Capability, ChangingCapability } from '../domain/capability.ts';
import type { Native } from '../domain/native.ts';

/** The parts of an adapter that the ledger sends through. */
export type SendingPart =
  Extract<Capability, 'starts' | 'archiveRuns' | 'import'> | ChangingCapability;

/**
 * Where a write stands. `sending`: it may be leaving; `sent`: it has left, and no answer came; the others are its ends,
 * of which `unknown` is looked into for a day.
 */
export type LedgerState =
  'accepted' | 'sending' | 'sent' | 'confirmed' | 'rejected' | 'unknown' | 'not_sent';

/** One write on its way; all times in ms since 1970 by the clock of the store. */
export interface LedgerEntry {
  readonly state: LedgerState;
  readonly connection: string;
  readonly part: SendingPart;
  /** What the upstream is told to know it by. */
  readonly mark: string;
  readonly acceptedAt: number;
  /** Nothing is sent earlier. */
  readonly notBefore: number;
  /** What has not been sent by then is not sent any more. */
  readonly deadline: number;
  /** Who may send: made anew by each process that takes the write up. */
  readonly token: string | null;
  /** The holder of the token lets nothing leave after it. */
  readonly sendBy: number | null;
  /** In which the request may have left; of the last try. */
  readonly sentFrom: number | null;
  readonly sentUntil: number | null;
  /** How long the upstream was asked to wait with it, in ms; left out where it was not. */
  readonly waitMs?: number;
  /** How often sending it was begun. */
  readonly tries: number;
  /** Why the last try did not leave; a sentence. */
  readonly lastFailure: string | null;
  /** How often the upstream was looked at for it. */
  readonly looks: number;
  /** When the upstream showed nothing of the last try for the first time after it was over; null: it has not yet. */
  readonly absentSince: number | null;
  /** Whether its last try was given up while somebody still held it, and may bring it yet. Left out where it was not. */
  readonly mayBeLate?: boolean;
  /** Whether the upstream has said yes to it without naming what it made. Left out where it has not. */
  readonly isTaken?: boolean;
  /** Whether the upstream has shown that a part of it happened: it never was unsent then. Left out where it has not. */
  readonly isBegun?: boolean;
  /** Since when each of its tries failed as waiting does not mend it; null, and absent: the last one did not. */
  readonly failingSince?: number | null;
  /** How often fetching the files that it brings was begun; null, and absent: they are here, or there are none. */
  readonly fetches?: number | null;
  /** Ids of the files that were stored with it; removed once it cannot be sent any more. */
  readonly files: readonly string[];
}

/** Whether the files that a write brings are still to be fetched: it does not wait for its turn before. */
export function isUnfetched({ fetches }: Pick<LedgerEntry, 'fetches'>): boolean {
  return typeof fetches === 'number';
}

/** A record: what callers see of it, and where its write stands, if there is one. */
export interface StoredRecord<D> {
  readonly id: string;
  /** Rises with every change of what callers see. */
  readonly revision: number;
  readonly doc: D;
  readonly ledger: LedgerEntry | null;
}

/** A record as it is made. */
export interface NewRecord<D> {
  readonly id: string;
  readonly doc: D;
  readonly ledger: LedgerEntry | null;
  /** What sending it takes; goes when it is settled. */
  readonly evidence: Native | null;
  /** When somebody has to look whether it has been forgotten, in ms since 1970. Absent: nobody is told to. */
  readonly lookAt?: number;
}

/** What a change makes of a record; what is left out stays. */
export interface RecordChange<D> {
  readonly doc?: D;
  readonly ledger?: LedgerEntry;
  /** What sending it takes now. */
  readonly evidence?: Native;
  /** Whether what sending it took is not needed any more. */
  readonly dropEvidence?: boolean;
}
