import { describe, expect, jest, test } from '@jest/globals';
import { deadline } from '../timing/deadline.ts';
import { ask, fine, TestUpstream, until } from './upstream.testing.ts';

jest.setTimeout(20_000);

const upstream = new TestUpstream();

describe('Retry-After', () => {
  test('is waited for when it fits', async () => {
    upstream.fail(1, 429, { 'retry-after': '1' });
    const start = Date.now();
    expect(await ask(upstream.open(), deadline(10_000))).toBe('ok');
    expect(Date.now() - start).toBeGreaterThanOrEqual(950);
  });

  test.each([
    ['the deadline', '2', () => deadline(1_000)],
    ['all patience', '3600', () => AbortSignal.timeout(60_000)],
  ])('beyond %s ends the matter at once', async (_name, seconds, signal) => {
    upstream.fail(1, 503, { 'retry-after': seconds });
    expect(await ask(upstream.open(), signal())).toBe('upstream_unavailable');
    expect(upstream.requests).toHaveLength(1);
  });

  test('does not hold a caller who gives up', async () => {
    upstream.fail(1, 503, { 'retry-after': '5' });
    const caller = new AbortController();
    const start = Date.now();
    const asked = ask(upstream.open(), caller.signal);
    await until(() => upstream.requests.length === 1);
    caller.abort();
    expect(await asked).toMatch(/^upstream_(timeout|unavailable)$/);
    expect(Date.now() - start).toBeLessThan(4_000);
  });
});

describe('again', () => {
  test.each([500, 502, 503, 504, 408, 429])('is tried twice more after %i', async (code) => {
    upstream.fail(2, code);
    expect(await ask(upstream.open())).toBe('ok');
    upstream.fail(Number.POSITIVE_INFINITY, code);
    upstream.requests.length = 0;
    expect(await ask(upstream.open())).not.toBe('ok');
    expect(upstream.requests).toHaveLength(3);
  });

  test('is tried after a reset', async () => {
    upstream.answer = (response) => {
      if (upstream.requests.length === 1) response.socket?.destroy();
      else fine(response);
    };
    expect(await ask(upstream.open())).toBe('ok');
  });

  test.each([400, 401, 403, 404, 409, 422, 302])('is not tried after %i', async (code) => {
    upstream.fail(Number.POSITIVE_INFINITY, code);
    expect(await ask(upstream.open())).not.toBe('ok');
    expect(upstream.requests).toHaveLength(1);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('is not tried with %s', async (method) => {
    upstream.fail(Number.POSITIVE_INFINITY, 503);
    expect(await ask(upstream.open(), deadline(10_000), { method })).toBe('upstream_unavailable');
    expect(upstream.requests).toMatchObject([{ method, url: '/things' }]);
  });

  test('is tried with a POST that says it can be repeated', async () => {
    upstream.fail(2, 503);
    const call = { method: 'POST', body: 'x', repeatable: true } as const;
    expect(await ask(upstream.open(), deadline(10_000), call)).toBe('ok');
    expect(upstream.requests).toHaveLength(3);
  });
});
