import { GatewayError, type Outcome, RecalledError } from '../domain/errors.ts';

/** The error of a write that its platform was asked for directly, saying what became of it. */
export function afterSending(error: unknown): unknown {
  if (!(error instanceof GatewayError) || error.details.outcome !== undefined) return error;
  const details = { ...error.details, outcome: outcomeOf(error), cause: error };
  return new RecalledError(error, error.message, details);
}

/** The error of what is done before a write is accepted, however it came about: nothing of it is sent before that. */
export function beforeAcceptance(error: unknown): unknown {
  if (!(error instanceof GatewayError) || error.details.outcome !== undefined) return error;
  const details = { ...error.details, outcome: 'not_sent', cause: error } as const;
  return new RecalledError(error, error.message, details);
}

function outcomeOf({ code, details: { sent, upstream } }: GatewayError): Outcome {
  const status = upstream?.status ?? null;
  if (sent === 'no' || code === 'upstream_rate_limited') return 'not_sent';
  if (status !== null && status >= 400 && status < 500 && status !== 408) return 'rejected';
  return sent === undefined ? 'not_sent' : 'unknown';
}
