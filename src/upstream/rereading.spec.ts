import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { z } from 'zod';
import { connectionFields } from '../config/connection.config.ts';
import { UpstreamRateLimitedError } from '../domain/errors.ts';
import { anonymous } from './authenticator.ts';
import { readingOf, Rereading } from './rereading.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { UpstreamFactory } from './upstream.factory.ts';
import { explainGeneric } from './upstream-failure.ts';

/** An upstream with a list in pages; each page says how many there are. */
class Upstream {
  pages: string[];
  headers: Record<string, string> = {};
  error: Error | null = null;
  sent: string[] = [];
  works = 0;
  readonly #rereading = new Rereading(4);

  constructor(pages: readonly string[]) {
    this.pages = [...pages];
  }

  read(mayStay = true): Promise<string | null> {
    const { signal } = new AbortController();
    return this.#rereading.read(signal, mayStay, async () => {
      this.works += 1;
      const first = await this.#ask(0, signal);
      const count = Number(first.headers['count']);
      const others = Array.from({ length: count - 1 }, (_, index) => this.#ask(index + 1, signal));
      return [first, ...(await Promise.all(others))].map(({ data }) => data.toString()).join(' ');
    });
  }

  /** What was sent since the last look. */
  get asked(): string[] {
    return this.sent.splice(0).sort();
  }

  async #ask(page: number, signal: AbortSignal) {
    const again = async () => {
      this.sent.push(`page ${page}`);
      await Promise.resolve();
      if (this.error !== null) throw this.error;
      const headers: Record<string, string> = {
        ...this.headers,
        count: String(this.pages.length),
      };
      return { status: 200, headers, data: Buffer.from(this.pages[page] ?? '') };
    };
    const reading = readingOf(signal);
    if (reading === undefined) throw new Error('the work of a reading is part of it');
    return reading.ask(`page ${page}`, { send: again, once: again }, signal);
  }
}

describe('a reading that is done again', () => {
  it('is whole when anything has changed and nothing otherwise, and sends no request twice', async () => {
    const lists = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(lists, { minLength: 2, maxLength: 6 }), async (states) => {
        const upstream = new Upstream([]);
        let last: string | null = null;
        for (const pages of states) {
          upstream.pages = pages;
          const now = pages.join(' ');
          expect(await upstream.read()).toBe(now === last ? null : now);
          const { asked } = upstream;
          expect(new Set(asked).size).toBe(asked.length);
          expect(asked).toEqual(expect.arrayContaining(pages.map((_, page) => `page ${page}`)));
          last = now;
        }
      }),
    );
  });

  it('is whole when it has to be', async () => {
    const upstream = new Upstream(['a', 'b']);
    await upstream.read();
    expect(await upstream.read(false)).toBe('a b');
    expect(upstream.works).toBe(2);
  });

  it('looks at the headers too, but at none that differ each time', async () => {
    const upstream = new Upstream(['a']);
    upstream.headers = { date: 'Sat, 21 Nov 2026 08:00:00 GMT', 'x-request-id': '1' };
    await upstream.read();
    upstream.headers = { date: 'Sat, 21 Nov 2026 08:00:01 GMT', 'x-request-id': '2' };
    expect(await upstream.read()).toBeNull();
    upstream.headers = { ...upstream.headers, 'x-api-version': '2' };
    expect(await upstream.read()).toBe('a');
  });

  it('leaves an upstream that fails in peace after the first request, and says its error', async () => {
    const upstream = new Upstream(['a', 'b', 'c']);
    await upstream.read();
    expect(upstream.asked).toHaveLength(3);
    upstream.error = new Error('down');
    await expect(upstream.read()).rejects.toThrow('down');
    expect(upstream.asked).toEqual(['page 0']);
    upstream.error = null;
    expect(await upstream.read()).toBe('a b c');
    expect(await upstream.read()).toBeNull();
  });

  it('is whole again when it asked for something that cannot simply be asked again', async () => {
    const rereading = new Rereading(4);
    const read = () => {
      const { signal } = new AbortController();
      return rereading.read(signal, true, () => {
        const reading = readingOf(signal);
        if (reading !== undefined) reading.isRepeatable = false;
        return Promise.resolve('whole');
      });
    };
    expect([await read(), await read()]).toEqual(['whole', 'whole']);
  });
});

describe('what is asked again', () => {
  const concurrency = 4;
  const upstreams = new UpstreamFactory();
  const sent: string[] = [];
  let answer: (response: ServerResponse, path: string) => void;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    sent.push(path);
    answer(response, path);
  });
  let client: UpstreamClient;
  let rereading: Rereading;

  const fine = (response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const slow = (response: ServerResponse): void => {
    setTimeout(fine, 20, response);
  };
  /** Too many at number `n`; what is asked beside it takes its time. */
  const limiting = (n: number, retryAfter: string) => (response: ServerResponse, path: string) => {
    const number = Number(path.slice(1));
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
    sent.length = 0;
    const paths = Array.from({ length: count }, (_, index) => `/${index + 1}`);
    return rereading.read(signal, true, () =>
      pMap(paths, (path) => get(path, signal).catch(swallow), { concurrency }),
    );
  };

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fields = z.object(connectionFields).parse({ baseUrl, concurrency, timeout: '5s' });
    client = upstreams.open(
      { ...fields, id: 'test', platform: 'test' },
      { title: 'Test', explain: explainGeneric, auth: () => anonymous },
    );
    rereading = new Rereading(concurrency);
    answer = fine;
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    server.closeAllConnections();
    server.close();
  });

  it.each([1, 2, 50])('ends with a 429 for number %i, and is whole the next time', async (n) => {
    await walk(200);
    answer = limiting(n, '60');
    await expect(walk(200)).rejects.toThrow(UpstreamRateLimitedError);
    expect(sent.length).toBeLessThanOrEqual(n + concurrency);
    await sleep(1_000);
    expect(sent.length).toBeLessThanOrEqual(n + concurrency);
    answer = fine;
    expect(await walk(200)).toHaveLength(200);
    expect(await walk(200)).toBeNull();
  });

  it('ends with a 429 that says to come back soon, too', async () => {
    await walk(200);
    answer = limiting(50, '1');
    await expect(walk(200)).rejects.toThrow(UpstreamRateLimitedError);
    await sleep(1_000);
    expect(sent.length).toBeLessThanOrEqual(50 + concurrency);
  });

  it('is asked anew by the walk where one try has failed, with what was given up for it', async () => {
    await walk(20);
    let failures = 0;
    answer = (response, path) => {
      if (path !== '/10' || failures > 0) slow(response);
      else {
        failures += 1;
        response.writeHead(503).end();
      }
    };
    expect(await walk(20)).toHaveLength(20);
    expect(sent.length).toBeLessThanOrEqual(20 + concurrency);
    expect(await walk(20)).toBeNull();
  });

  it('is no more than was under way when something has changed and the walk asks for less', async () => {
    await walk(200);
    answer = (response, path) => {
      if (path === '/1') response.setHeader('content-type', 'application/json').end('{"now":1}');
      else slow(response);
    };
    expect(await walk(1)).toHaveLength(1);
    await sleep(100);
    expect(sent).toEqual(['/1']);
  });

  it('leaves a turn to others', async () => {
    await walk(200);
    answer = slow;
    const walking = walk(200);
    while (sent.length < 20) await sleep(1);
    const before = sent.length;
    await get('/single', new AbortController().signal);
    expect(sent.indexOf('/single') - before).toBeLessThan(concurrency);
    expect(await walking).toBeNull();
  });

  it('is everything after a walk that went on without an answer', async () => {
    answer = (response, path) => {
      if (path === '/3') response.writeHead(404).end();
      else fine(response);
    };
    const swallow = (): null => null;
    expect(await walk(5, swallow)).toHaveLength(5);
    expect(await walk(5, swallow)).toHaveLength(5);
    answer = fine;
    expect(await walk(5, swallow)).toHaveLength(5);
    expect(await walk(5, swallow)).toBeNull();
  });
});
