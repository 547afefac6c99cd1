import type { Instant } from '../../domain/instant.ts';
import { type AskedAnew, type KeptRun, nextAttempt } from '../kept-run.ts';

/** A run that has ended and is being told to begin anew: it is open until that is known. One that is open stays so. */
export function askingAnew(kept: KeptRun, { at, until }: Omit<AskedAnew, 'from'>): KeptRun {
  const { askedAnew, final, status } = kept;
  if (askedAnew !== undefined) return openUntil(kept, until);
  if (!final) return kept;
  const asked = { at, from: status, until };
  return { ...kept, status: 'unknown', final: false, askedAnew: asked, updatedAt: at };
}

/** One that was told to begin anew is open until then at least: nobody who asks makes that less for who has asked before. */
function openUntil(kept: KeptRun, until: Instant): KeptRun {
  const { askedAnew } = kept;
  if (askedAnew === undefined || askedAnew.until >= until) return kept;
  return { ...kept, askedAnew: { ...askedAnew, until } };
}

/** A run that has begun anew; should its end have been asked for since it was told to, that is the end of this attempt. */
export function begunAnew(kept: KeptRun, at: Instant): KeptRun {
  const isAsked = kept.askedAnew !== undefined;
  const isCancelling = isAsked && kept.isCancelling;
  return {
    ...kept,
    status: isCancelling ? 'cancelling' : 'queued',
    final: false,
    ...nextAttempt(kept, at),
    startedAt: null,
    finishedAt: null,
    output: null,
    error: null,
    isCancelling,
    pendingCancel: isAsked ? kept.pendingCancel : null,
    updatedAt: at,
  };
}
