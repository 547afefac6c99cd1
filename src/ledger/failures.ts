import { GatewayError, type ProblemCode, RecalledError } from '../domain/errors.ts';
import type { Failure } from './ledger-kind.ts';
import type { LedgerEntry } from './record.ts';

/** Whether it is proved that nothing happened: it did not leave, or was turned away at the door. */
export function isUnsent(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false;
  return error.details.sent === 'no' || error.code === 'upstream_rate_limited';
}

/** A platform says it, or its adapter, which then has kept the request back. */
const keptBack: ReadonlySet<ProblemCode> = new Set([
  'conflict',
  'precondition_failed',
  'capability_not_supported',
]);

/** Whether sending it again would bring nothing. */
export function isHopeless(error: unknown): error is GatewayError {
  return error instanceof GatewayError && isUnsent(error) && error.details.retryable === false;
}

/** Whether it is an answer that says no, of a platform that has read the request. */
export function isRefusal(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError)) return false;
  const { code, details } = error;
  const status = details.upstream?.status ?? null;
  if (keptBack.has(code)) return true;
  return status !== null && status >= 400 && status < 500 && status !== 408;
}

/** The platform's own: it has ended the request, or has not begun it. */
const ended: ReadonlySet<number> = new Set([500, 501]);
/**
 * A 503 that comes later than this, in ms, and has no words of the platform's, is that of somebody in front who has waited
 * for it, as Azure Front Door does (learn.microsoft.com/azure/frontdoor/front-door-troubleshoot-routing).
 */
const waitedMs = 5_000;

/**
 * Whether somebody may have held it when it was given up, `awayMs` after it had left: nobody answered in time, or somebody
 * in front of the platform said so for it (408, 502, 504, and those of their own above), or what came cannot be read.
 */
export function isHeld(error: unknown, awayMs: number): boolean {
  if (!(error instanceof GatewayError)) return false;
  const { code, details } = error;
  if (code === 'upstream_timeout' || code === 'upstream_contract') return true;
  const status = details.upstream?.status ?? 0;
  const words = details.upstream?.code ?? details.upstream?.message ?? null;
  if (status === 503) return awayMs >= waitedMs && words === null;
  return status === 408 || (status >= 500 && !ended.has(status));
}

/** For how long a write is tried that fails so, in ms; who waits behind it is held up for as long. */
const patienceMs: Partial<Record<ProblemCode, number>> = {
  internal: 15 * 60_000,
  upstream_contract: 15 * 60_000,
  // A worker of another configuration may still have it while that is rolled out.
  capability_not_supported: 15 * 60_000,
  // Of a connection; a process, a file or a version that is gone ends a write by other ways.
  not_found: 15 * 60_000,
  // Credentials that have run out are renewed by a person.
  upstream_auth_failed: 60 * 60_000,
};

/** How long a write is tried, in ms, whose tries fail as waiting does not mend it; null for what is over some time. */
export function patienceWith(error: unknown): number | null {
  return patienceMs[error instanceof GatewayError ? error.code : 'internal'] ?? null;
}

/** The end of what was tried in vain for as long as that makes sense. */
export function triedEnough(error: unknown): Failure {
  if (error instanceof GatewayError) return unsendable(error);
  const why = 'It was not sent: it failed in the gateway itself.';
  return unsendable(new RecalledError({ code: 'internal' }, why, { outcome: 'not_sent' }));
}

/** Why something failed, as a sentence for callers. */
export function reasonOf(error: unknown): string {
  return error instanceof GatewayError ? error.message : 'it failed in the gateway itself.';
}

/** The end of what was never sent, with why its last try did not leave. */
export function notSentInTime({ tries, lastFailure }: LedgerEntry): Failure {
  const why = lastFailure ?? (tries === 0 ? 'no worker took it up.' : 'it was given up.');
  return notSent(`It was not sent before its deadline: ${why}`);
}

/** The end of what was sent and is proved not to have arrived. */
export function neverArrived(): Failure {
  return notSent(
    'It was sent and got no answer, and the platform shows by now that it never arrived; it is not sent again.',
  );
}

/** The end of what nothing can be sent of any more. */
export function nothingToSend(): Failure {
  return notSent('It was not sent: what it was to be sent with is not kept any more.');
}

/** The end of what is not sent as its platform stands. */
export function unsendable(problem: GatewayError): Failure {
  return { kind: 'not_sent', problem };
}

function notSent(detail: string): Failure {
  return {
    kind: 'not_sent',
    problem: new RecalledError({ code: 'upstream_unavailable' }, detail, { outcome: 'not_sent' }),
  };
}
