import type { Outcome } from '../domain/errors.ts';
import type { Listener } from '../ledger/own-change.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { Log } from '../telemetry/log.ts';
import type { KeptRun } from './kept-run.ts';

type Kept = StoredRecord<KeptRun>;

/** Who asks for a write, and with which request. */
export interface AskedBy {
  readonly caller: string;
  readonly requestId: string;
}

const asks = {
  cancel_run: 'A run is to be stopped',
  restart_run: 'A run is to begin anew',
  resume_run: 'A run is to go on',
} as const;

/**
 * Writes down who has started what, and what came of that: its lines do not depend on a caller who waits, nor on the gateway
 * that was asked. What a run was given and gave stands in none of them.
 */
export class RunAudit {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  accepted({ id, doc }: Pick<Kept, 'id' | 'doc'>): void {
    this.#log.info(startOf(id, doc), 'A start was accepted');
  }

  /** Once more where the process that wrote it ended right after it. */
  ended({ id, doc }: Kept): void {
    this.#log.info(startOf(id, doc), 'A start has ended');
  }

  /** Nobody can say what became of it. */
  doubted({ id, doc }: Kept): void {
    this.#log.warn({ ...startOf(id, doc), outcome: 'unknown' }, 'A start is in doubt');
  }

  /** Said before its platform is told. */
  asked(audit: keyof typeof asks, { id, doc }: Kept, by: AskedBy | undefined): void {
    const outcome = audit === 'cancel_run' ? cancelOutcome(doc) : null;
    this.#log.info({ ...lineOf(id, doc), audit, ...named(by), outcome }, asks[audit]);
  }

  /** Hears what comes of a person's cancellation. */
  cancelling(found: Kept, by: AskedBy | undefined): Listener<KeptRun> {
    return {
      made: (record) => {
        this.asked('cancel_run', record, by);
      },
      lost: () => {
        this.#lost('cancel_run', found, by);
      },
    };
  }

  /** Hears what comes of a person's settlement. */
  settling(found: Kept, by: AskedBy | undefined): Listener<KeptRun> {
    return {
      made: ({ id, doc }) => {
        const { settlement } = doc;
        this.#log.info({ ...startOf(id, doc), ...named(by), settlement }, 'A start was settled');
      },
      lost: () => {
        this.#lost('resolve_run', found, by);
      },
    };
  }

  /** One line too many does no harm, a missing one would. */
  #lost(audit: 'cancel_run' | 'resolve_run', { id, doc }: Kept, by: AskedBy | undefined): void {
    const line = { ...lineOf(id, doc), audit, ...named(by), outcome: 'unknown' };
    this.#log.warn(line, 'A run may have been cancelled or settled');
  }
}

/** What came of a cancellation; null while its run has not come to that end. */
export function cancelOutcome({ status }: Pick<KeptRun, 'status'>): Outcome | null {
  return status === 'cancelled' ? 'applied' : null;
}

function startOf(id: string, doc: KeptRun): Record<string, unknown> {
  const { caller = null, requestId = null, outcome } = doc;
  return { ...lineOf(id, doc), audit: 'start_run', caller, requestId, outcome };
}

function lineOf(id: string, doc: KeptRun): Record<string, unknown> {
  const { connection, process, nativeId, status } = doc;
  return { run: id, connection, process, nativeId, status };
}

function named(by: AskedBy | undefined): Record<string, unknown> {
  return { caller: by?.caller ?? null, requestId: by?.requestId ?? null };
}
