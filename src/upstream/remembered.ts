import { UpstreamAuthFailedError } from '../domain/errors.ts';
import { ended } from '../domain/sentence.ts';

/** A refusal that another call met: nothing was asked for this one, and nothing is before `leftMs` are over. */
export function remembered(
  { message, details }: UpstreamAuthFailedError,
  leftMs: number,
): UpstreamAuthFailedError {
  const seconds = Math.ceil(leftMs / 1_000);
  return new UpstreamAuthFailedError(
    `${ended(message)} That is remembered: it is not asked again for ${seconds} s, because repeated bad sign-ins lock accounts.`,
    { ...details, sent: 'no', retryAfterMs: leftMs },
  );
}
