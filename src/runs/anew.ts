import type { Instant } from '../domain/instant.ts';
import { type AskedAnew, type KeptRun, nextAttempt } from './kept-run.ts';

/** A run that has ended and is being told to begin anew: it is open until that is known. One that is open stays so. */
export function askingAnew(kept: KeptRun, { at, until }: Omit<AskedAnew, 'from'>): KeptRun {
  const { askedAnew, final, status } = kept;
  if (askedAnew !== undefined) return { ...kept, askedAnew: { ...askedAnew, until } };
  if (!final) return kept;
  const asked = { at, from: status, until };
  return { ...kept, status: 'unknown', final: false, askedAnew: asked, updatedAt: at };
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
