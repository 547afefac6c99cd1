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

/** A run that has begun anew. */
export function begunAnew(kept: KeptRun, at: Instant): KeptRun {
  return {
    ...kept,
    status: 'queued',
    final: false,
    ...nextAttempt(kept, at),
    startedAt: null,
    finishedAt: null,
    output: null,
    error: null,
    isCancelling: false,
    pendingCancel: null,
    updatedAt: at,
  };
}
