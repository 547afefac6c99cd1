import { UpstreamAuthFailedError } from '../domain/errors.ts';

/** A refusal that another call met: nothing was asked for this one, and nothing is before `leftMs` are over. */
export function remembered(
  { message, details }: UpstreamAuthFailedError,
  leftMs: number,
): UpstreamAuthFailedError {
  const seconds = Math.ceil(leftMs / 1_000);
  const said = /[.!?]$/.test(message) ? message : `${message}.`;
  return new UpstreamAuthFailedError(
    `${said} That is remembered: it is not asked again for ${seconds} s, because repeated bad sign-ins lock accounts.`,
    { ...details, sent: 'no', retryAfterMs: leftMs },
  );
}
