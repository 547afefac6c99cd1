import { GatewayError, type Outcome, RecalledError } from '../domain/errors.ts';

/** The error of a write that was refused before anything was sent, saying so. */
export function unsent(error: unknown): unknown {
  return withOutcome(error, () => 'not_sent');
}

/** The error of a write that its platform was asked for directly, saying what became of it. */
export function afterSending(error: unknown): unknown {
  return withOutcome(error, ({ code, details: { sent, upstream } }) => {
    const status = upstream?.status ?? null;
    if (sent === 'no' || code === 'upstream_rate_limited') return 'not_sent';
    if (status !== null && status >= 400 && status < 500 && status !== 408) return 'rejected';
    return sent === undefined ? 'not_sent' : 'unknown';
  });
}

function withOutcome(error: unknown, outcomeOf: (error: GatewayError) => Outcome): unknown {
  if (!(error instanceof GatewayError) || error.details.outcome !== undefined) return error;
  const outcome = outcomeOf(error);
  return new RecalledError(error.code, error.message, { ...error.details, outcome, cause: error });
}
