import { GatewayError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { patienceWith, reasonOf, triedEnough } from './failures.ts';
import type { Again } from './ledger-kind.ts';
import type { LedgerSteps } from './ledger-steps.ts';
import type { LedgerEntry } from './record.ts';

/** Writes down why nothing of a try has left. */
export class Unsent<D extends object, R> {
  readonly #steps: LedgerSteps<D, R>;
  readonly #log: Log;

  constructor(steps: LedgerSteps<D, R>, log: Log) {
    this.#steps = steps;
    this.#log = log;
  }

  /**
   * It is tried again, at the latest when it is too late for that, which somebody has to write down. What waiting does not
   * mend ends it after a while, so that nothing waits behind it for a day.
   */
  async tryAgain(
    id: string,
    entry: LedgerEntry,
    error: unknown,
    pauseMs = this.#steps.retryMs(entry.tries),
  ): Promise<Again> {
    const now = await this.#steps.now();
    const lastFailure = reasonOf(error);
    const mostMs = entry.isBegun === true ? null : patienceWith(error);
    const since = mostMs === null ? null : (entry.failingSince ?? now);
    if (mostMs !== null && since !== null && now - since >= mostMs)
      return this.#steps.end(id, entry, triedEnough(error));
    const ledger: LedgerEntry = {
      ...entry,
      state: 'accepted',
      token: null,
      lastFailure,
      failingSince: since,
    };
    await this.#steps.put(id, entry, (current) => this.#steps.stepped(current, ledger));
    this.#log.warn({ id, reason: lastFailure }, 'Nothing was sent; it is tried again');
    const told = error instanceof GatewayError ? (error.details.retryAfterMs ?? 0) : 0;
    // Who may come again at once, or by a date that has passed, has not said when it is of use.
    const restMs = told < this.#steps.retryMs(0) ? pauseMs : told;
    return Math.min(restMs, Math.max(entry.deadline - now, 0));
  }
}
