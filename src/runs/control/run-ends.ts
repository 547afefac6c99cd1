import type { GatewayError } from '../../domain/errors.ts';
import type { Settlement } from '../../domain/run.ts';
import type { StoredRecord } from '../../ledger/record.ts';
import { instantOf, type KeptRun } from '../kept-run.ts';

/** A run whose start has failed; what was known while that was in doubt counts no more. */
export function failed(
  kept: KeptRun,
  outcome: 'rejected' | 'not_sent',
  problem: GatewayError,
  now: number,
): KeptRun {
  const at = instantOf(now);
  return {
    ...kept,
    status: 'failed',
    final: true,
    outcome,
    evidence: null,
    error: { code: problem.code, message: problem.message },
    finishedAt: at,
    updatedAt: at,
  };
}

/** Whether nothing of its start is leaving, or has left: it can be stopped without its platform, or never has to be. */
export function isUnsent({ doc, ledger }: Pick<StoredRecord<KeptRun>, 'doc' | 'ledger'>): boolean {
  return doc.final ? doc.outcome === 'not_sent' : ledger?.state === 'accepted';
}

/** Whether its start is in doubt: should it show, or a person say which run it is, it can be stopped. */
export function mayComeYet({
  doc,
  ledger,
}: Pick<StoredRecord<KeptRun>, 'doc' | 'ledger'>): boolean {
  return doc.outcome === 'unknown' && doc.nativeId === null && ledger?.state === 'unknown';
}

/** A run that was stopped before its start was sent; how it was to be stopped stays, should it come all the same. */
export function neverBegun(kept: KeptRun, now: number): KeptRun {
  const at = instantOf(now);
  return {
    ...kept,
    status: 'cancelled',
    final: true,
    outcome: 'not_sent',
    isCancelling: false,
    finishedAt: at,
    updatedAt: at,
  };
}

/** A run in doubt after a person has said what became of its start. */
export function settled(
  kept: KeptRun,
  { outcome, note }: Pick<Settlement, 'outcome' | 'note'>,
  nativeId: string | null,
  now: number,
): KeptRun {
  const goesOn = outcome === 'applied' && nativeId !== null;
  const at = instantOf(now);
  return {
    ...kept,
    outcome,
    settlement: { outcome, note, at },
    nativeId: nativeId ?? kept.nativeId,
    status: goesOn
      ? kept.isCancelling
        ? 'cancelling'
        : 'queued'
      : outcome === 'applied'
        ? 'unknown'
        : 'failed',
    final: !goesOn,
    finishedAt: goesOn ? null : kept.finishedAt,
    updatedAt: at,
  };
}
