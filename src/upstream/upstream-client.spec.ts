import { describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { GatewayError } from '../domain/errors.ts';
import { type Authenticator, fixedHeaders } from './authenticator.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { fine, refuse, TestUpstream } from './upstream.testing.ts';

const upstream = new TestUpstream();

describe('the client of an upstream', () => {
  const token = fixedHeaders(
    () => ({ authorization: 'Bearer hunter2-token' }),
    () => ['hunter2-token'],
  );
  const open = (changes: object = {}, auth: Authenticator = token): UpstreamClient =>
    upstream.open({ baseUrl: `${upstream.url}/base/`, ...changes }, () => auth);
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);
  /** A write, so that nothing is tried twice. */
  const ask = async (client = open()): Promise<unknown> => {
    try {
      const call = { path: '/things', method: 'POST', signal: signal() } as const;
      return (await client.json(z.unknown(), call))?.body;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
      expect(JSON.stringify(error)).not.toContain('hunter2');
      return error.code;
    }
  };
  const send = (response: ServerResponse, body: Buffer | string, headers: object = {}): void => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
  };

  test('asks below the base URL, with repeated and without empty parameters', async () => {
    upstream.answer = fine;
    const query = { tag: ['a b', 'c&d'], page: 2, none: null, gone: undefined, all: false };
    await open().json(z.unknown(), { path: '/things', query, signal: signal() });
    expect(upstream.requests[0]?.url).toBe('/base/things?tag=a+b&tag=c%26d&page=2&all=false');
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer hunter2-token');
  });

  test.each([301, 302, 303, 307, 308])('does not follow a %i anywhere', async (status) => {
    upstream.answer = (response) => {
      response.writeHead(status, { location: `${upstream.url}/elsewhere` }).end();
    };
    expect(await ask()).toBe('upstream_contract');
    expect(upstream.requests.map((request) => request.url)).toEqual(['/base/things']);
  });

  describe('limits', () => {
    const body = JSON.stringify({ text: 'x'.repeat(5_000) });
    const limited = (): UpstreamClient => open({ maxBody: '2KB' });

    test('the size of a body before it is inflated, announced or not', async () => {
      upstream.answer = (response) => {
        send(response, body, { 'content-length': body.length });
      };
      expect(await ask(limited())).toBe('upstream_contract');
      upstream.answer = (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(body.slice(0, 2_500));
        response.end(body.slice(2_500));
      };
      expect(await ask(limited())).toBe('upstream_contract');
      expect(await ask()).toEqual(JSON.parse(body));
    });

    test('the size of a body after it is inflated', async () => {
      upstream.answer = (response) => {
        send(response, gzipSync(body), { 'content-encoding': 'gzip' });
      };
      expect(gzipSync(body).length).toBeLessThan(2_048);
      expect(await ask(limited())).toBe('upstream_contract');
      expect(await ask()).toEqual(JSON.parse(body));
    });

    test('a stream as well, where it may be larger than what is kept', async () => {
      upstream.answer = (response) => {
        send(response, gzipSync(body), { 'content-encoding': 'gzip' });
      };
      const stream = async (maxBytes?: number): Promise<number> => {
        const limit = maxBytes === undefined ? {} : { maxBytes };
        const found = await limited().stream({ path: '/file', signal: signal(), ...limit });
        return found === null ? 0 : (await buffer(found.body)).length;
      };
      await expect(stream()).rejects.toThrow('larger than 2048 bytes');
      expect(await stream(10_000)).toBe(body.length);
    });

    test('the time of a body that drips', async () => {
      upstream.answer = (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 10);
        response.once('close', () => {
          clearInterval(drip);
        });
      };
      expect(await ask(open({ timeout: '150ms' }))).toBe('upstream_timeout');
    });
  });

  test.each([
    ['a web page', '<html>Sign in</html>', { 'content-type': 'text/html' }, 'upstream_contract'],
    ['nothing', '', {}, 'upstream_contract'],
    ['half of something', '{"a":', {}, 'upstream_contract'],
    ['a coding that nobody knows', '{}', { 'content-encoding': 'zstd' }, 'upstream_contract'],
    ['a coding that it is not in', '{}', { 'content-encoding': 'br' }, 'upstream_contract'],
    ['a byte order mark', '\uFEFF{"a":1}', {}, { a: 1 }],
  ] as const)('takes a 2xx with %s for what it is', async (_name, body, headers, expected) => {
    upstream.answer = (response) => {
      send(response, body, headers);
    };
    expect(await ask()).toEqual(expected);
  });

  test('shows no secret, whatever the upstream repeats of a request', async () => {
    for (const status of [400, 403, 429, 500]) {
      upstream.answer = (response, request) => {
        const said = { ...request.headers, message: request.headers.authorization };
        response.writeHead(status, { 'x-echo': said.authorization }).end(JSON.stringify(said));
      };
      expect(await ask()).toMatch(/^upstream_/);
    }
    upstream.answer = (_response, request) => request.socket.destroy();
    expect(await ask()).toBe('upstream_unavailable');
  });

  test('keeps to the catalogue when the explanation of a refusal breaks off', async () => {
    upstream.answer = (response) => {
      response.writeHead(500, { 'content-type': 'text/plain', 'content-length': 1_000 });
      response.write('The disk is', () => response.socket?.destroy());
    };
    const call = { path: '/file', method: 'POST', signal: signal() } as const;
    await expect(open().stream(call)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  test('gives null for a status that means "none", in a stream too', async () => {
    upstream.answer = (response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html>');
    };
    const call = { path: '/things/1', absent: [404], signal: signal() };
    expect(await open().json(z.unknown(), call)).toBeNull();
    expect(await open().stream(call)).toBeNull();
  });

  test('tries a rejected credential again only when there is another, then leaves the upstream alone', async () => {
    upstream.answer = (response) => {
      refuse(response, 401);
    };
    const client = open();
    expect(await ask(client)).toBe('upstream_auth_failed');
    expect(await ask(client)).toBe('upstream_auth_failed');
    expect(upstream.requests).toHaveLength(1);
  });

  test('says of a refusal that it only remembers until when it does', async () => {
    upstream.answer = (response) => {
      refuse(response, 401);
    };
    const client = open();
    const refusals: GatewayError[] = [];
    for (let count = 0; count < 2; count += 1) {
      const asked = client.text({ path: `/things/${count}`, signal: signal() });
      refusals.push((await asked.catch((error: unknown) => error)) as GatewayError);
    }
    const [first, second] = refusals;
    expect(first?.message).toBe('Test (test) answered GET /things/0 with 401.');
    expect(second?.code).toBe('upstream_auth_failed');
    expect(second?.message).toMatch(
      /^Test \(test\) answered GET \/things\/0 with 401\. .*remembered.* 15 s/,
    );
    expect(second?.details).toMatchObject({ sent: 'no', upstream: { status: 401 } });
    expect(second?.details.retryAfterMs).toBeGreaterThan(10_000);
    expect(upstream.requests).toHaveLength(1);
  });

  test('tells an upstream that breaks off from one that cannot be reached', async () => {
    const message = async (client: UpstreamClient): Promise<string> => {
      const call = { path: '/things', method: 'POST', signal: signal() } as const;
      const failure: unknown = await client.text(call).catch((error: unknown) => error);
      return failure instanceof GatewayError ? failure.message : 'no failure of the catalogue';
    };
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => response.socket?.destroy(), 20);
    };
    expect(await message(open())).toMatch(/^Test \(test\) broke off while it was asked for POST/);
    const nobody = await message(open({ baseUrl: 'http://127.0.0.1:9/' }));
    expect(nobody).toMatch(/^Test \(test\) cannot be reached for POST \/things: ECONNREFUSED/);
  });

  test('ends in time when signing in hangs', async () => {
    upstream.answer = (response) => {
      send(response, '{}');
    };
    const stuck: Authenticator = {
      headers: (given) =>
        new Promise((_resolve, reject) => {
          given.addEventListener('abort', () => {
            reject(given.reason as Error);
          });
        }),
      renew: () => Promise.resolve(false),
      secrets: () => [],
    };
    const call = { path: '/things', signal: AbortSignal.timeout(50) };
    await expect(open({}, stuck).json(z.unknown(), call)).rejects.toMatchObject({
      code: 'upstream_timeout',
    });
    expect(upstream.requests).toEqual([]);
  });
});
