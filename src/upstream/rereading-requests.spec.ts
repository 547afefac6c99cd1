import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { z } from 'zod';
import { UpstreamRateLimitedError } from '../domain/errors.ts';
import { Rereading } from './rereading.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { fine, TestUpstream } from './upstream.testing.ts';

jest.setTimeout(60_000);

const concurrency = 4;
const upstream = new TestUpstream();

describe('what is asked again', () => {
  let client: UpstreamClient;
  let rereading: Rereading;

  const slow = (response: ServerResponse): void => {
    setTimeout(fine, 20, response);
  };
  /** Too many at number `n`; what is asked beside it takes its time. */
  const limiting =
    (n: number, retryAfter: string) =>
    (response: ServerResponse, { url = '' }: IncomingMessage) => {
      const number = Number(url.slice(1));
      if (number === n) response.writeHead(429, { 'retry-after': retryAfter }).end();
      else setTimeout(fine, number < n ? 0 : 150, response);
    };
  const get = (path: string, signal: AbortSignal) => client.json(z.object({}), { path, signal });
  const walk = async (
    count: number,
    swallow: (error: unknown) => null = (error) => {
      throw error;
    },
  ): Promise<unknown> => {
    const { signal } = new AbortController();
    upstream.requests.length = 0;
    const paths = Array.from({ length: count }, (_, index) => `/${index + 1}`);
    return rereading.read(signal, true, () =>
      pMap(paths, (path) => get(path, signal).catch(swallow), { concurrency }),
    );
  };

  beforeEach(() => {
    client = upstream.open({ concurrency });
    rereading = new Rereading(concurrency);
    upstream.answer = fine;
  });

  it.each([1, 2, 50])('ends with a 429 for number %i, and is whole the next time', async (n) => {
    await walk(200);
    upstream.answer = limiting(n, '60');
    await expect(walk(200)).rejects.toThrow(UpstreamRateLimitedError);
    expect(upstream.requests.length).toBeLessThanOrEqual(n + concurrency);
    await sleep(1_000);
    expect(upstream.requests.length).toBeLessThanOrEqual(n + concurrency);
    upstream.answer = fine;
    expect(await walk(200)).toHaveLength(200);
    expect(await walk(200)).toBeNull();
  });

  it('ends with a 429 that says to come back soon, too', async () => {
    await walk(200);
    upstream.answer = limiting(50, '1');
    await expect(walk(200)).rejects.toThrow(UpstreamRateLimitedError);
    await sleep(1_000);
    expect(upstream.requests.length).toBeLessThanOrEqual(50 + concurrency);
  });

  it('is asked anew by the walk where one try has failed, with what was given up for it', async () => {
    await walk(20);
    let failures = 0;
    upstream.answer = (response, { url: path }) => {
      if (path !== '/10' || failures > 0) slow(response);
      else {
        failures += 1;
        response.writeHead(503).end();
      }
    };
    expect(await walk(20)).toHaveLength(20);
    expect(upstream.requests.length).toBeLessThanOrEqual(20 + concurrency);
    expect(await walk(20)).toBeNull();
  });

  it('is no more than was under way when something has changed and the walk asks for less', async () => {
    await walk(200);
    upstream.answer = (response, { url: path }) => {
      if (path === '/1') response.setHeader('content-type', 'application/json').end('{"now":1}');
      else slow(response);
    };
    expect(await walk(1)).toHaveLength(1);
    await sleep(100);
    expect(upstream.requests).toMatchObject([{ url: '/1' }]);
  });

  it('leaves a turn to others', async () => {
    await walk(200);
    upstream.answer = slow;
    const walking = walk(200);
    while (upstream.requests.length < 20) await sleep(1);
    const before = upstream.requests.length;
    await get('/single', new AbortController().signal);
    expect(upstream.requests.findIndex(({ url }) => url === '/single') - before).toBeLessThan(
      concurrency,
    );
    expect(await walking).toBeNull();
  });

  it('is everything after a walk that went on without an answer', async () => {
    upstream.answer = (response, { url: path }) => {
      if (path === '/3') response.writeHead(404).end();
      else fine(response);
    };
    const swallow = (): null => null;
    expect(await walk(5, swallow)).toHaveLength(5);
    expect(await walk(5, swallow)).toHaveLength(5);
    upstream.answer = fine;
    expect(await walk(5, swallow)).toHaveLength(5);
    expect(await walk(5, swallow)).toBeNull();
  });
});
