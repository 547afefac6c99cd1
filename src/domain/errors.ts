/**
 * Every code a caller can meet, with its HTTP status and title (RFC 9457 `status` and `title`).
 * The table is total: an error without a row does not compile.
 */
export const problems = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Nobody is signed in' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'The resource does not take this method' },
  not_acceptable: { status: 406, title: 'No representation that the caller accepts' },
  conflict: { status: 409, title: 'The state of the resource does not allow this' },
  cursor_expired: { status: 410, title: 'The cursor is too old' },
  precondition_failed: { status: 412, title: 'The resource has changed meanwhile' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the content' },
  invalid_input: { status: 422, title: 'The input does not fit the process' },
  invalid_file: { status: 422, title: 'The file is not valid' },
  idempotency_key_reused: { status: 422, title: 'The key belongs to another request' },
  upstream_rejected: { status: 422, title: 'The platform refused' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The gateway failed' },
  capability_not_supported: { status: 501, title: 'The platform cannot do this' },
  upstream_auth_failed: { status: 502, title: 'The platform refused the credentials' },
  upstream_contract: {
    status: 502,
    title: 'The platform answered something else than its contract',
  },
  sources_unavailable: { status: 502, title: 'Sources of the list are missing' },
  upstream_unavailable: { status: 503, title: 'The platform cannot be reached' },
  upstream_rate_limited: { status: 503, title: 'The platform asks to slow down' },
  store_unavailable: { status: 503, title: 'The store cannot be reached' },
  upstream_timeout: { status: 504, title: 'The platform did not answer in time' },
  not_cached: { status: 504, title: 'Nothing cached is good enough' },
} as const satisfies Record<string, { status: number; title: string }>;

/** The stable, machine-readable name of an error. */
export type ProblemCode = keyof typeof problems;

/** Whether a word, which may come from anywhere, is one of them. */
export function isProblemCode(word: unknown): word is ProblemCode {
  return typeof word === 'string' && Object.hasOwn(problems, word);
}

/** Whether a write took effect: `not_sent` and `rejected` did not, `applied` did, of `unknown` nobody can say. */
export type Outcome = 'not_sent' | 'rejected' | 'applied' | 'unknown';

/** What an upstream said when it failed, as far as it may be shown. */
export interface UpstreamFailure {
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  /** The platform's own error code. */
  readonly code: string | null;
  /** The platform's own words, one short paragraph at most. */
  readonly message: string | null;
  /** The platform's id of the request, for its support. */
  readonly requestId: string | null;
}

/** One thing that is wrong with a request: `at` names the field, as `limit` or `items[3].process`. */
export interface FieldError {
  readonly at: string;
  readonly message: string;
}

/** What an error may carry beside its code and its sentence. */
export interface ErrorDetails {
  readonly connection?: string;
  readonly platform?: string;
  readonly upstream?: UpstreamFailure;
  /** Whether an upstream request may have left: `no` is proof that nothing happened. */
  readonly sent?: 'no' | 'maybe';
  readonly outcome?: Outcome;
  /** Whether the same request can succeed later, where the code alone does not decide that. */
  readonly retryable?: boolean;
  /** Time after which another try makes sense, in ms. */
  readonly retryAfterMs?: number;
  /** Every field that is wrong. */
  readonly errors?: readonly FieldError[];
  /** Further members of the problem document. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error that is meant for a caller: a code of the table, a sentence, and what is known about it. */
export abstract class GatewayError extends Error {
  abstract readonly code: ProblemCode;
  readonly details: ErrorDetails;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.details = details;
    this.name = new.target.name;
  }
}

/** The request itself is wrong; `errors` names the fields. */
export class InvalidRequestError extends GatewayError {
  readonly code = 'invalid_request';
}
/** No such route, connection, process, version or deployment, or none that this caller may see. */
export class NotFoundError extends GatewayError {
  readonly code = 'not_found';
}
/** The route exists, for other methods. */
export class MethodNotAllowedError extends GatewayError {
  readonly code = 'method_not_allowed';
}
/** None of the route's media types is acceptable to the caller. */
export class NotAcceptableError extends GatewayError {
  readonly code = 'not_acceptable';
}
/** The state of the resource does not allow this; the message says what would. */
export class ConflictError extends GatewayError {
  readonly code = 'conflict';
}
/** The resource is not, or not any more, what the request takes it for; nothing was done (RFC 9110 §15.5.13). */
export class PreconditionFailedError extends GatewayError {
  readonly code = 'precondition_failed';
}
/** The range lies outside the content; `members.size` is how long that is. */
export class RangeNotSatisfiableError extends GatewayError {
  readonly code = 'range_not_satisfiable';
}
/** The idempotency key belongs to another request. */
export class IdempotencyKeyReusedError extends GatewayError {
  readonly code = 'idempotency_key_reused';
}
/** A run's input is not what its process takes; `errors` names the members. */
export class InvalidInputError extends GatewayError {
  readonly code = 'invalid_input';
}
/** The file is not what it has to be; `errors` names the place. */
export class InvalidFileError extends GatewayError {
  readonly code = 'invalid_file';
}
/** The snapshots that the cursor walks are gone. */
export class CursorExpiredError extends GatewayError {
  readonly code = 'cursor_expired';
}
/** Body, URL or header beyond its limit. */
export class TooLargeError extends GatewayError {
  readonly code = 'too_large';
}
/** The route does not read this media type. */
export class UnsupportedMediaTypeError extends GatewayError {
  readonly code = 'unsupported_media_type';
}
/** More is asked for at once than the gateway does. */
export class RateLimitedError extends GatewayError {
  readonly code = 'rate_limited';
}
/** The platform answered the request and refused it. */
export class UpstreamRejectedError extends GatewayError {
  readonly code = 'upstream_rejected';
}
/** A defect of the gateway. */
export class InternalError extends GatewayError {
  readonly code = 'internal';
}
/** The connection's adapter lacks the part; no upstream was called. */
export class CapabilityNotSupportedError extends GatewayError {
  readonly code = 'capability_not_supported';
}
/** The platform does not accept the gateway's credentials, or they may not do this. */
export class UpstreamAuthFailedError extends GatewayError {
  readonly code = 'upstream_auth_failed';
}
/** A 2xx answer whose body is not what the platform's documents promise. */
export class UpstreamContractError extends GatewayError {
  readonly code = 'upstream_contract';
}
/** A list that had to be complete, or had nothing at all to show, misses sources. */
export class SourcesUnavailableError extends GatewayError {
  readonly code = 'sources_unavailable';
}
/** No connection, a reset, a 5xx, or the circuit to this platform is open. */
export class UpstreamUnavailableError extends GatewayError {
  readonly code = 'upstream_unavailable';
}
/** The platform answered 429. */
export class UpstreamRateLimitedError extends GatewayError {
  readonly code = 'upstream_rate_limited';
}
/** Redis cannot be reached, and this cannot be done without it. */
export class StoreUnavailableError extends GatewayError {
  readonly code = 'store_unavailable';
}
/** The platform did not answer before the deadline. */
export class UpstreamTimeoutError extends GatewayError {
  readonly code = 'upstream_timeout';
}
/** `only-if-cached` was asked, and nothing is. */
export class NotCachedError extends GatewayError {
  readonly code = 'not_cached';
}

/** An error that was met before, as it was remembered, or told in other words. */
export class RecalledError extends GatewayError {
  readonly code: ProblemCode;
  /** When it was met, in ms since 1970; now where nothing else is said. */
  readonly at: number;

  constructor(
    { code, at = Date.now() }: { readonly code: ProblemCode; readonly at?: number },
    message: string,
    details: ErrorDetails,
  ) {
    super(message, details);
    this.code = code;
    this.at = at;
  }
}

const retryable: ReadonlySet<ProblemCode> = new Set([
  'rate_limited',
  'sources_unavailable',
  'upstream_unavailable',
  'upstream_rate_limited',
  'store_unavailable',
  'upstream_timeout',
  'not_cached',
]);

/** Whether the same request can succeed later without anybody changing anything. */
export function isRetryable(code: ProblemCode): boolean {
  return retryable.has(code);
}
