import {
  type ErrorDetails,
  type GatewayError,
  UpstreamAuthFailedError,
  UpstreamContractError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../domain/errors.ts';
import { BodyTooLargeError, BrokenEncodingError } from './inflate.ts';
import type { UpstreamCall } from './upstream-call.ts';
import { type ExplainFailure, presentable, type RefusedAnswer } from './upstream-failure.ts';

/** Whom an error is about. */
export interface UpstreamName {
  /** Id of the connection. */
  readonly connection: string;
  readonly platform: string;
  /** The platform's name for people. */
  readonly title: string;
}

/** Failures before a byte of the request left: nothing can have happened upstream. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' ? code : codeOf(cause);
}

function request(call: UpstreamCall): string {
  return `${call.method ?? 'GET'} ${call.path}`;
}

/** What went wrong when no whole answer arrived. */
export function transportFailure(failure: {
  readonly error: unknown;
  readonly name: UpstreamName;
  readonly call: UpstreamCall;
  readonly timedOut: boolean;
  readonly secrets: readonly string[];
}): GatewayError {
  const { error, name, call, timedOut } = failure;
  const who = `${name.title} (${name.connection})`;
  const code = codeOf(error);
  const details: ErrorDetails = {
    connection: name.connection,
    platform: name.platform,
    sent: code !== null && unsent.has(code) ? 'no' : 'maybe',
  };
  if (error instanceof BodyTooLargeError || error instanceof BrokenEncodingError) {
    const problem = `${who} answered ${request(call)} unusably: ${error.message}.`;
    return new UpstreamContractError(problem, details);
  }
  if (timedOut || call.signal.aborted || code?.endsWith('_TIMEOUT') === true) {
    return new UpstreamTimeoutError(`${who} did not answer ${request(call)} in time.`, details);
  }
  const reason = presentable(code ?? 'no reason given', failure.secrets) ?? '';
  const what =
    details.sent === 'no'
      ? `cannot be reached for ${request(call)}`
      : `broke off while it was asked for ${request(call)}`;
  return new UpstreamUnavailableError(`${who} ${what}: ${reason}.`, details);
}

/** What went wrong when a request could not even be signed: nothing has left. */
export function credentialFailure(failure: {
  readonly error: unknown;
  readonly name: UpstreamName;
  readonly call: UpstreamCall;
}): GatewayError {
  const { error, name, call } = failure;
  const who = `${name.title} (${name.connection})`;
  const details: ErrorDetails = {
    connection: name.connection,
    platform: name.platform,
    sent: 'no',
  };
  if (call.signal.aborted) {
    return new UpstreamTimeoutError(`Signing in to ${who} took too long.`, details);
  }
  return new UpstreamAuthFailedError(
    `The credential of ${who} cannot be read: ${codeOf(error) ?? 'unknown error'}.`,
    details,
  );
}

/** Seconds or a date (RFC 9110 §10.2.3), as ms from now. */
export function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1_000;
  // `Date.parse` takes numbers of all kinds for years; a date names its month.
  const at = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(at - Date.now(), 0);
}

/** What an answer that is not 2xx means. */
export function refusal(refused: {
  readonly name: UpstreamName;
  readonly call: UpstreamCall;
  readonly answer: RefusedAnswer;
  readonly explain: ExplainFailure;
  readonly secrets: readonly string[];
}): GatewayError {
  const { name, call, answer, secrets } = refused;
  const explained = refused.explain(answer);
  const upstream = {
    status: answer.status,
    code: presentable(explained.code, secrets),
    message: presentable(explained.message, secrets),
    requestId: presentable(explained.requestId, secrets),
  };
  const wait = retryAfterMs(answer.headers['retry-after']);
  const details: ErrorDetails = {
    connection: name.connection,
    platform: name.platform,
    upstream,
    sent: 'maybe',
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
  const said = upstream.message === null ? '' : ` It says: ${upstream.message}`;
  const what = `${name.title} (${name.connection}) answered ${request(call)} with ${answer.status}.${said}`;
  return new (errorFor(answer.status))(what, details);
}

type UpstreamErrorClass = new (message: string, details: ErrorDetails) => GatewayError;

function errorFor(status: number): UpstreamErrorClass {
  if (status === 401 || status === 403) return UpstreamAuthFailedError;
  if (status === 408 || status === 504) return UpstreamTimeoutError;
  if (status === 429) return UpstreamRateLimitedError;
  if (status >= 500) return UpstreamUnavailableError;
  if (status >= 400) return UpstreamRejectedError;
  return UpstreamContractError;
}
