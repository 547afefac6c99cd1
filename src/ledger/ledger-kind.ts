import type { Readable } from 'node:stream';
import type { GatewayError } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import type { CertainWrite, Progress } from '../domain/write.ts';
import type { Shown } from './progress-notes.ts';
import type { LedgerEntry, StoredRecord } from './record.ts';
import type { RecordStore } from './record-store.ts';

/** How a write has ended, or begun to be doubted, as the record of its kind shows it. */
export type Verdict<R> =
  | { readonly kind: 'confirmed'; readonly receipt: R }
  | Failure
  | {
      readonly kind: 'unknown';
      readonly detail: string;
      readonly candidates: readonly string[];
      readonly lookedAt: number;
    };

/** What a look-up leaves open: a sentence for people, and native ids of what may be it. */
export interface Doubt {
  readonly why: string;
  readonly candidates: readonly string[];
}

/** A write that is about to be sent, brought up to date. */
export interface Ready<D> {
  /** What sending it takes now. */
  readonly evidence: Native;
  /** What callers see of it. */
  readonly shown: (doc: D) => D;
  /** Why it must not be sent as things are; null: it can be. */
  readonly refusal: GatewayError | null;
}

/** What was fetched for a write; it belongs to it once that is written down. */
export interface Fetched<D> {
  /** What sending it takes now. */
  readonly evidence: Native;
  /** Ids of the files, as they were stored. */
  readonly files: readonly string[];
  /** What its record holds then; the very same where that changes nothing. */
  readonly shown: (doc: D) => D;
  /** Removes them: the write does not want them any more. */
  readonly letGo: () => Promise<void>;
}

/** Why a write cannot be sent, whatever is waited for. */
export interface Refused {
  readonly refusal: GatewayError;
}

/** The end of a write that has changed nothing upstream. */
export interface Failure {
  readonly kind: 'rejected' | 'not_sent';
  readonly problem: GatewayError;
}

/** What the ledger has to know of the kind of record that it sends for. */
export interface LedgerKind<D extends object, R> {
  readonly store: RecordStore<D>;
  /** The part of the adapter that sends it. @throws GatewayError when it is gone */
  write(entry: LedgerEntry): CertainWrite<R>;
  /**
   * How a record ends whose caller has asked for its end meanwhile, now that nothing of it has left; null when nobody has.
   * Absent where nobody can.
   */
  readonly stopped?: (record: StoredRecord<D>) => D | null;
  /**
   * Whether a receipt names what was made; where it does not, what became of the write is looked up. Absent where each
   * does.
   */
  readonly names?: (receipt: R) => boolean;
  /**
   * What callers see of a record whose write is at another step, as its ledger says by then; the very same where that says nothing new. Absent where
   * callers are not told of it.
   */
  readonly atStep?: (record: StoredRecord<D>, step: 'accepted' | 'sending' | 'sent') => D;
  /**
   * What callers see of a record whose write has come further while it is sent; the very same where that says nothing new.
   * Absent where callers are not told of it.
   */
  readonly atProgress?: (doc: D, progress: Progress) => D;
  /**
   * Fetches the files of a write that was accepted without them, before it waits for its turn; an error of it leaves it
   * waiting. Ends with the signal, and leaves no file then. `note` is told what callers see of it meanwhile. Absent where no
   * write is.
   */
  readonly fetch?: (
    record: StoredRecord<D>,
    entry: LedgerEntry,
    evidence: Native,
    signal: AbortSignal,
    note: (shown: Shown<D>) => void,
  ) => Promise<Fetched<D> | Refused>;
  /**
   * Brings what is sent up to date right before a try, for writes that may have waited long; an error of it leaves them
   * waiting. Null, and absent: what was kept stays good.
   */
  readonly ready?: (
    record: StoredRecord<D>,
    entry: LedgerEntry,
    evidence: Native,
    signal: AbortSignal,
  ) => Promise<Ready<D> | null>;
  /** A doubt without what is known to be something else; absent where nothing more is known. */
  readonly narrowed?: (record: StoredRecord<D>, doubt: Doubt) => Promise<Doubt>;
  /** What callers see once the verdict stands; the very same where that says nothing new. */
  show(record: StoredRecord<D>, verdict: Verdict<R>): D;
  /** Called before a confirmed record is stored: whatever follows it must not be lost when this process ends here. */
  beforeConfirmed(record: StoredRecord<D>, receipt: R): Promise<void>;
  /**
   * Called when a record is settled, by a receipt or by others meanwhile, and when it is taken up again after that: brings
   * what has been said of it before in line with how it stands. Absent where nothing is.
   */
  readonly settled?: (record: StoredRecord<D>, receipt: R | null) => Promise<void>;
  openFile(id: string): Promise<Readable>;
  /** Of what is not sent any more; what cannot be removed now is left to whoever tidies up. */
  removeFiles(ids: readonly string[]): Promise<void>;
}

/** The times that the ledger keeps, in ms. */
export interface LedgerTiming {
  /** In which a request may leave after it was written down that it may. */
  readonly sendWindow: number;
  /** Between two notes of how far a write has come, at least. */
  readonly progressEvery: number;
  /** Before what was proved not to have left is tried again; doubles. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** How long an answer is looked for before callers are told that nobody knows. */
  readonly settle: number;
  /** How long it is looked for after that. */
  readonly doubt: number;
  readonly doubtEvery: number;
  /** Between two looks, at most, for what somebody may still bring. */
  readonly lateEvery: number;
  /** How long after its acceptance the rest of a write is sent of which a part has happened. */
  readonly begun: number;
  /** After a request that was not answered in time, until nobody can still hold it who would bring it after all. */
  readonly late: number;
}

/** The timing of a gateway. */
export const defaultLedgerTiming: LedgerTiming = {
  sendWindow: 5_000,
  progressEvery: 2_000,
  firstRetry: 1_000,
  longestRetry: 10_000,
  settle: 60_000,
  doubt: 24 * 3_600_000,
  doubtEvery: 5 * 60_000,
  begun: 15 * 60_000,
  lateEvery: 20_000,
  // As they come, nginx holds a request for 60 s, IIS for 110 s, Azure's front ends for 240 s.
  late: 5 * 60_000,
};

/** When a record has to be taken up again, in ms from now; null when there is nothing more to do. */
export type Again = number | null;
