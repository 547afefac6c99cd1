import type { Readable } from 'node:stream';
import type { Native } from './native.ts';

/** How far a write has come while it is sent. */
export interface Progress {
  /** How many of its items are done, those included of which nothing had to be sent. */
  readonly done: number;
  /** Whether all of it is answered, and what came of it is looked up. */
  readonly isVerifying: boolean;
}

/** How a request of the ledger leaves. */
export interface Departure {
  readonly signal: AbortSignal;
  /**
   * To be called in the tick in which the request is written, once it is signed and waits for nothing more: throws when
   * it must not leave any more, because its time is over or another process has taken over.
   */
  readonly permit: () => void;
  /** Opens a file that was stored with the write; only then does anything of it enter this process. */
  readonly openFile: (id: string) => Promise<Readable>;
  /** To be called as often as it has come further: never throws, and nothing waits for it. Absent where nobody watches. */
  readonly onProgress?: (progress: Progress) => void;
}

/** When a request may have left, in ms since 1970 by the clock of the store. */
export interface SentWindow {
  readonly from: number;
  readonly until: number;
  /** Whether the upstream has said yes to it: only its presence is looked for then. Left out where it has not. */
  readonly isTaken?: boolean;
}

/** What the upstream shows of a write whose answer was lost. */
export type Reconciliation<Receipt> =
  | { readonly state: 'applied'; readonly receipt: Receipt }
  /** Proved by a full read: it did not happen. `again: false`: it is not sent once more, whatever the part allows. */
  | { readonly state: 'absent'; readonly again?: false }
  /** Proved by a full read: some of it happened, as the receipt says, and the rest did not. */
  | { readonly state: 'partial'; readonly receipt: Receipt; readonly again?: false }
  /** `why` is a sentence for people; `candidates` are the native ids of what may be it. */
  | { readonly state: 'undecided'; readonly why: string; readonly candidates: readonly string[] };

/**
 * A write that an upstream would do twice if it were sent twice. Only the ledger calls it: it stores the evidence before
 * anything leaves, sends once, and asks what has happened when no answer came.
 */
export interface CertainWrite<Receipt> {
  /** Whether what is proved absent may be sent again; of what has happened in part, the rest. */
  readonly repeatable: boolean;
  /** How long its request may take without its files, in ms: nobody else sends it before that is over. */
  readonly timeoutMs: number;
  /** How long bringing its files may take on top of that, in ms. Absent where there are none. */
  readonly uploadMs?: (evidence: Native) => number;
  /** For how long after the first of its requests others may leave, in ms. Absent where it is one request. */
  readonly spanMs?: (evidence: Native) => number;
  /** How long the platform is asked to wait with it, in ms: nothing of it need show before. Absent where it never is. */
  readonly waitMs?: (evidence: Native) => number;
  /** How long one look for it may take, in ms. Absent where that is as long as three of its requests. */
  readonly lookMs?: number;
  /**
   * How late the platform may show what it has done, in ms, more than 0: that it shows nothing is proof only when it is
   * seen twice, so far apart.
   */
  readonly showsWithinMs: number;
  /**
   * An error with `sent: 'no'` is proof that nothing has left, or nothing that the platform can take for a request; with
   * `retryable: false` beside it, sending it again would bring nothing.
   */
  send(evidence: Native, departure: Departure): Promise<Receipt>;
  reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<Receipt>>;
}
