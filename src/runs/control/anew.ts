import type { Instant } from '../../domain/instant.ts';
import { asItEnded, type AskedAnew, type KeptRun, nextAttempt } from '../kept-run.ts';

/** A run that has ended and is being told to begin anew: it is open until that is known. One that is open stays so. */
export function askingAnew(kept: KeptRun, { at, until }: Pick<AskedAnew, 'at' | 'until'>): KeptRun {
  const { askedAnew, final, status } = kept;
  if (askedAnew !== undefined) {
    const open = asksOf(askedAnew).filter((each) => each > at);
    return openFor(kept, askedAnew, [...open, until]);
  }
  if (!final) return kept;
  const asked = { at, from: status, until };
  return { ...kept, status: 'unknown', final: false, askedAnew: asked, updatedAt: at };
}

/**
 * A run of which somebody who has asked until `until` has the answer, or needs it open until `least` only; null: no
 * longer. It is open for as long as others need it, and as it ended once nobody does.
 */
export function answeredAnew(kept: KeptRun, until: Instant, least: Instant | null): KeptRun {
  const { askedAnew } = kept;
  if (askedAnew === undefined) return kept;
  const asks = asksOf(askedAnew);
  const at = asks.indexOf(until);
  if (at < 0) return kept;
  return openFor(kept, askedAnew, asks.toSpliced(at, 1, ...(least === null ? [] : [least])));
}

function asksOf({ asks, until }: AskedAnew): readonly Instant[] {
  return asks ?? [until];
}

function openFor(kept: KeptRun, askedAnew: AskedAnew, asks: readonly Instant[]): KeptRun {
  const until = asks.toSorted().at(-1);
  return until === undefined
    ? asItEnded(kept)
    : { ...kept, askedAnew: { ...askedAnew, until, asks } };
}

/** A run that has begun anew; should its end have been asked for since it was told to, that is the end of this attempt. */
export function begunAnew(kept: KeptRun, at: Instant): KeptRun {
  const isAsked = kept.askedAnew !== undefined;
  const isCancelling = isAsked && kept.isCancelling;
  return {
    ...kept,
    status: isCancelling ? 'cancelling' : 'queued',
    // Its platform's word is that of the attempt before, and so is how long that output was.
    upstreamStatus: null,
    truncated: kept.truncated.filter((each) => each !== 'output'),
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
