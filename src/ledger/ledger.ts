import type { Log } from '../telemetry/log.ts';
import { Inquiry } from './inquiry.ts';
import {
  type Again,
  defaultLedgerTiming,
  type LedgerKind,
  type LedgerTiming,
} from './ledger-kind.ts';
import { isSettled, LedgerSteps } from './ledger-steps.ts';
import { Sending } from './sending.ts';
import { thisMoment } from './standstill.ts';

/**
 * Sends each write once, or finds out what became of it. It alone calls `send` and `reconcile`; any process may take up
 * any record at any time, after a crash of whoever had it.
 */
export class Ledger<D extends object, R> {
  readonly #kind: LedgerKind<D, R>;
  readonly #steps: LedgerSteps<D, R>;
  readonly #sending: Sending<D, R>;
  readonly #inquiry: Inquiry<D, R>;

  constructor(kind: LedgerKind<D, R>, log: Log, timing: LedgerTiming = defaultLedgerTiming) {
    this.#kind = kind;
    this.#steps = new LedgerSteps(kind, timing);
    this.#sending = new Sending(kind, this.#steps, log, timing);
    this.#inquiry = new Inquiry(kind, this.#steps, log, timing);
  }

  /** Sends nothing more; resolves once what was being sent is answered, and that is written down. */
  close(): Promise<void> {
    return this.#sending.close();
  }

  /**
   * Does what is to be done for a record now. `alone`: nobody else who lives has it, as far as anybody can tell; then what
   * is still being sent was left by somebody who does not.
   */
  async advance(id: string, { alone = false }: { readonly alone?: boolean } = {}): Promise<Again> {
    const askedAt = thisMoment();
    const now = await this.#kind.store.now();
    const record = await this.#kind.store.read(id);
    const entry = record?.ledger ?? null;
    if (record === null || entry === null) return null;
    if (isSettled(entry)) {
      await this.#steps.removeFiles(entry);
      await this.#steps.settled(record);
      return null;
    }
    if (entry.state === 'accepted') return this.#sending.take(record, entry, now, askedAt);
    const answerBy = entry.sentUntil ?? now;
    // Of what may still be leaving nothing is known; an answer that was lost may have left its mark already.
    if (entry.state === 'sending' && now < answerBy)
      return alone ? this.#inquiry.takeOver(record, entry, now) : answerBy - now;
    return this.#inquiry.reconcile(record, entry, now);
  }
}
