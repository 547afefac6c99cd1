import { describe, expect, test } from '@jest/globals';
import * as errors from './errors.ts';
import { GatewayError, isRetryable, type ProblemCode, problems } from './errors.ts';

type ErrorClass = new (message: string, details: errors.ErrorDetails) => GatewayError;

/** The classes that stand for one code each. */
const classes = (Object.values(errors) as unknown[]).filter(
  (each): each is ErrorClass =>
    typeof each === 'function' &&
    each.prototype instanceof GatewayError &&
    each !== errors.RecalledError,
);
const codes = Object.keys(problems) as ProblemCode[];

describe('the catalogue of errors', () => {
  test.each([
    ['invalid_request', 400],
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['method_not_allowed', 405],
    ['not_acceptable', 406],
    ['conflict', 409],
    ['cursor_expired', 410],
    ['precondition_failed', 412],
    ['too_large', 413],
    ['unsupported_media_type', 415],
    ['range_not_satisfiable', 416],
    ['invalid_file', 422],
    ['idempotency_key_reused', 422],
    ['upstream_rejected', 422],
    ['rate_limited', 429],
    ['internal', 500],
    ['capability_not_supported', 501],
    ['upstream_auth_failed', 502],
    ['upstream_contract', 502],
    ['upstream_unavailable', 503],
    ['upstream_rate_limited', 503],
    ['store_unavailable', 503],
    ['upstream_timeout', 504],
    ['not_cached', 504],
  ] as const)('answers %s with %i', (code, status) => {
    expect(problems[code].status).toBe(status);
  });

  test('has one class at most for a code, and names every class after itself', () => {
    const made = classes.map((each) => new each('Something is wrong.', {}));
    expect(new Set(made.map((error) => error.code)).size).toBe(made.length);
    for (const error of made) {
      expect(codes).toContain(error.code);
      expect(error.name).toBe(error.constructor.name);
      expect(error).toBeInstanceOf(Error);
    }
  });

  test('keeps message, details and cause', () => {
    const cause = new Error('ECONNRESET');
    const error = new errors.UpstreamUnavailableError('It is down.', { sent: 'maybe', cause });
    expect(error.message).toBe('It is down.');
    expect(error.details.sent).toBe('maybe');
    expect(error.cause).toBe(cause);
    expect('cause' in new errors.NotFoundError('Nothing.')).toBe(false);
  });

  test('calls retryable what can pass by itself, and nothing else', () => {
    const transient = codes.filter(isRetryable);
    expect(transient.every((code) => problems[code].status >= 429)).toBe(true);
    for (const code of ['upstream_unavailable', 'upstream_timeout', 'rate_limited'] as const)
      expect(transient).toContain(code);
    for (const code of ['upstream_rejected', 'upstream_auth_failed', 'upstream_contract'] as const)
      expect(transient).not.toContain(code);
  });
});
