import { STATUS_CODES } from 'node:http';
import {
  GatewayError,
  InternalError,
  InvalidRequestError,
  isRetryable,
  MethodNotAllowedError,
  NotFoundError,
  type Outcome,
  type ProblemCode,
  problems,
  TooLargeError,
  UnsupportedMediaTypeError,
  type UpstreamFailure,
} from '../domain/errors.ts';

/** The media type of every error (RFC 9457). */
export const problemMediaType = 'application/problem+json';

/** What a JSON body may have at most. */
export const longestJsonBytes = 1_024 ** 2;

/** The body of every error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly requestId: string;
  readonly connection: string | null;
  readonly platform: string | null;
  readonly upstream: UpstreamFailure | null;
  readonly retryable: boolean;
  readonly outcome: Outcome | null;
  readonly [member: string]: unknown;
}

/** Writes an error down as a problem document. */
export function toProblem(
  error: GatewayError,
  request: { readonly id: string; readonly path: string; readonly isWrite?: boolean },
): Problem {
  const {
    connection = null,
    platform = null,
    upstream = null,
    outcome = null,
    // What may have been done would perhaps be done twice.
    retryable = isRetryable(error.code) && outcome !== 'unknown',
    errors,
    members,
  } = error.details;
  return {
    type: `/docs/problems/${error.code}`,
    title: problems[error.code].title,
    status: problems[error.code].status,
    detail: error.message,
    instance: request.path,
    code: error.code,
    requestId: request.id,
    connection,
    platform,
    upstream,
    retryable,
    outcome: outcomeOf(error, request.isWrite),
    ...(errors === undefined ? {} : { errors }),
    ...members,
  };
}

/** What of a request its errors are about. */
interface Asked {
  readonly path: string;
  readonly mediaType: string | undefined;
  /** Whether it was to change something. */
  readonly isWrite: boolean;
}

/** There is no route for a path. */
export function noSuchRoute(path: string): NotFoundError {
  const slash = path.length > 1 && path.endsWith('/') ? ' None ends with a slash.' : '';
  return new NotFoundError(`There is no such route.${slash} /docs shows those that there are.`);
}

/** What Nest and Fastify throw, as an error of the catalogue; null when it is none of theirs. */
function frameworkError(error: unknown, { path, mediaType, isWrite }: Asked): GatewayError | null {
  if (typeof error !== 'object' || error === null) return null;
  const {
    statusCode,
    status,
    message = '',
  } = error as { statusCode?: unknown; status?: unknown; message?: string };
  const code = typeof statusCode === 'number' ? statusCode : status;
  if (typeof code !== 'number' || code < 400 || code >= 500) return null;
  if (code === 404) return noSuchRoute(path);
  if (code === 405) return new MethodNotAllowedError(message);
  const details = isWrite ? ({ outcome: 'not_sent' } as const) : {};
  if (code === 413)
    return new TooLargeError(
      `The body is larger than 1 MiB (${longestJsonBytes} bytes), the most that JSON may have here. What is larger is sent as a file by POST /v1/runs, where the platform takes files.`,
      details,
    );
  if (code === 414 || code === 431) return new TooLargeError(message, details);
  if (code === 415) {
    const what = mediaType ?? 'a body without a Content-Type';
    return new UnsupportedMediaTypeError(
      `This route does not read ${what}. A body has to be application/json.`,
      details,
    );
  }
  return new InvalidRequestError(
    message === '' ? (STATUS_CODES[code] ?? 'The request is not valid.') : message,
    details,
  );
}

/** What refuses a request before anything is done for it; whoever has done something says what became of it. */
const refusals: ReadonlySet<ProblemCode> = new Set([
  'invalid_request',
  'unauthenticated',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'not_acceptable',
  'too_large',
  'unsupported_media_type',
  'rate_limited',
  'capability_not_supported',
]);

/**
 * What became of the write that a request was to be, as its error says it; null of what was none, and of a defect. What
 * is told of no request, as the problem of an operation, says it by itself.
 */
function outcomeOf({ code, details }: GatewayError, isWrite?: boolean): Outcome | null {
  if (isWrite === false) return null;
  return details.outcome ?? (isWrite === true && refusals.has(code) ? 'not_sent' : null);
}

/** Any thrown value as an error that may be shown; a defect shows nothing of itself. */
export function presentable(error: unknown, asked: Asked): GatewayError {
  if (error instanceof GatewayError) return error;
  const known = frameworkError(error, asked);
  if (known !== null) return known;
  return new InternalError(
    'Something went wrong in the gateway. Its log has the details under this request id.',
    {
      cause: error,
    },
  );
}
