import { describe, expect, test } from '@jest/globals';
import { problems } from '../domain/errors.ts';
import { BodyTooLargeError } from './inflate.ts';
import { credentialFailure, refusal, retryAfterMs, transportFailure } from './upstream-errors.ts';
import { explainGeneric } from './upstream-failure.ts';

const name = { connection: 'crm-eu', platform: 'crm', title: 'CRM' };
const call = { path: '/api/v1/processes', signal: AbortSignal.timeout(60_000) };
const coded = (code: string): Error => Object.assign(new Error('secret detail'), { code });

const answered = (status: number, headers: Record<string, string> = {}, text = '') =>
  refusal({
    name,
    call,
    answer: { status, headers, text },
    explain: explainGeneric,
    secrets: ['hunter2'],
  });
const broke = (error: unknown, timedOut = false, signal = call.signal) =>
  transportFailure({ error, name, call: { ...call, signal }, timedOut, secrets: ['hunter2'] });

describe('an answer that is not 2xx', () => {
  test.each([
    [400, 'upstream_rejected'],
    [401, 'upstream_auth_failed'],
    [403, 'upstream_auth_failed'],
    [404, 'upstream_rejected'],
    [408, 'upstream_timeout'],
    [409, 'upstream_rejected'],
    [418, 'upstream_rejected'],
    [429, 'upstream_rate_limited'],
    [500, 'upstream_unavailable'],
    [502, 'upstream_unavailable'],
    [503, 'upstream_unavailable'],
    [504, 'upstream_timeout'],
    [100, 'upstream_contract'],
    [301, 'upstream_contract'],
    [302, 'upstream_contract'],
    [304, 'upstream_contract'],
  ] as const)('with %i is %s', (status, code) => {
    const error = answered(status);
    expect(error.code).toBe(code);
    expect(error.details.upstream?.status).toBe(status);
    expect(problems[error.code].status).not.toBe(401);
  });

  test('names connection, platform, request and the words of the platform', () => {
    const body = JSON.stringify({ code: 'E7', detail: 'Not with hunter2.', traceId: 't-1' });
    const error = answered(400, { 'content-type': 'application/problem+json' }, body);
    expect(error.message).toBe(
      'CRM (crm-eu) answered GET /api/v1/processes with 400. It says: Not with [redacted].',
    );
    expect(error.details).toMatchObject({
      connection: 'crm-eu',
      platform: 'crm',
      sent: 'maybe',
      upstream: { code: 'E7', message: 'Not with [redacted].', requestId: 't-1' },
    });
  });

  test('passes on when another try makes sense', () => {
    expect(answered(429, { 'retry-after': '3' }).details.retryAfterMs).toBe(3_000);
    expect(answered(503).details).not.toHaveProperty('retryAfterMs');
  });
});

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    [' 7 ', 7_000],
    ['86400000', 86_400_000_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (value, expected) => {
    expect(retryAfterMs(value)).toBe(expected);
  });

  test('takes a date', () => {
    const ms = retryAfterMs(new Date(Date.now() + 60_000).toUTCString()) ?? 0;
    expect(ms).toBeGreaterThan(50_000);
    expect(ms).toBeLessThanOrEqual(60_000);
  });
});

describe('no answer', () => {
  test.each([
    ['ECONNREFUSED', 'no'],
    ['ENOTFOUND', 'no'],
    ['UND_ERR_CONNECT_TIMEOUT', 'no'],
    ['CERT_HAS_EXPIRED', 'no'],
    ['ECONNRESET', 'maybe'],
    ['UND_ERR_SOCKET', 'maybe'],
    ['UND_ERR_BODY_TIMEOUT', 'maybe'],
    ['EPIPE', 'maybe'],
  ] as const)('because of %s proves that nothing was sent: %s', (code, sent) => {
    expect(broke(coded(code)).details.sent).toBe(sent);
    expect(broke(new Error('outer', { cause: coded(code) })).details.sent).toBe(sent);
  });

  test('is a timeout when time ran out or the caller left, else the platform is away', () => {
    expect(broke(coded('ECONNRESET')).code).toBe('upstream_unavailable');
    expect(broke(coded('ECONNRESET'), true).code).toBe('upstream_timeout');
    expect(broke(coded('UND_ERR_HEADERS_TIMEOUT')).code).toBe('upstream_timeout');
    expect(broke(new Error('gone'), false, AbortSignal.abort()).code).toBe('upstream_timeout');
    expect(broke('not even an error').code).toBe('upstream_unavailable');
  });

  test('that can be used, because it is too large, breaks the contract', () => {
    expect(broke(new BodyTooLargeError(10)).code).toBe('upstream_contract');
  });

  test('tells the code of the failure, never its message, stack or request', () => {
    const error = broke(Object.assign(coded('ECONNRESET'), { config: { headers: 'hunter2' } }));
    expect(error.message).toContain('ECONNRESET');
    expect(JSON.stringify([error, error.message, error.details])).not.toMatch(/secret|hunter2/);
    expect(error.cause).toBeUndefined();
  });
});

describe('a request that could not be signed', () => {
  test('was not sent', () => {
    const error = credentialFailure({ error: coded('ENOENT'), name, call });
    expect(error).toMatchObject({ code: 'upstream_auth_failed', details: { sent: 'no' } });
    const late = { ...call, signal: AbortSignal.abort() };
    expect(credentialFailure({ error: new Error('x'), name, call: late })).toMatchObject({
      code: 'upstream_timeout',
      details: { sent: 'no' },
    });
  });
});
