import type { StoredRecord } from '../ledger/record.ts';
import type { Log } from '../telemetry/log.ts';
import type { KeptOperation } from './kept-operation.ts';

/** Writes down who has changed what: one line of the log when it is asked for, and one when it has ended. */
export class OperationAudit {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  accepted(id: string, doc: KeptOperation): void {
    this.#log.info(lineOf(id, doc), 'A change was accepted');
  }

  /** Once more where the process that wrote it ended right after it. */
  ended({ id, doc }: StoredRecord<KeptOperation>): Promise<void> {
    this.#log.info(lineOf(id, doc), 'A change has ended');
    return Promise.resolve();
  }

  /** Nobody can say what became of it. */
  doubted({ id, doc }: StoredRecord<KeptOperation>): void {
    this.#log.warn({ ...lineOf(id, doc), outcome: 'unknown' }, 'A change is in doubt');
  }

  /** Its caller does not want it any more. */
  cancelled({ id, doc }: StoredRecord<KeptOperation>, requestId: string): void {
    this.#log.info({ ...lineOf(id, doc), requestId }, 'A change was cancelled');
  }

  /** A person has settled it. */
  resolved({ id, doc }: StoredRecord<KeptOperation>, requestId: string): void {
    const { settlement } = doc;
    this.#log.info({ ...lineOf(id, doc), requestId, settlement }, 'A change was settled');
  }

  /** Redis was lost while a person cancelled or settled it: one line too many does no harm, a missing one would. */
  lost({ id, doc }: StoredRecord<KeptOperation>, requestId: string): void {
    const line = { ...lineOf(id, doc), requestId };
    this.#log.warn(line, 'A change may have been cancelled or settled');
  }
}

function lineOf(id: string, doc: KeptOperation): Record<string, unknown> {
  const { kind, connection, process, caller, requestId, outcome, status } = doc;
  return { audit: kind, operation: id, caller, connection, process, requestId, outcome, status };
}
