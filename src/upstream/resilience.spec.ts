import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { z } from 'zod';
import { connectionFields } from '../config/connection.config.ts';
import { GatewayError } from '../domain/errors.ts';
import { deadline } from '../timing/deadline.ts';
import { anonymous } from './authenticator.ts';
import { Resilience } from './resilience.ts';
import type { UpstreamCall } from './upstream-call.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { UpstreamFactory } from './upstream.factory.ts';
import { explainGeneric } from './upstream-failure.ts';

jest.setTimeout(20_000);

describe('asking an upstream', () => {
  const upstreams = new UpstreamFactory();
  const requests: string[] = [];
  let answer: (response: ServerResponse, count: number) => void;
  const server = createServer((request, response) => {
    request.resume();
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    answer(response, requests.length);
  });
  let url: string;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    requests.length = 0;
    server.closeAllConnections();
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    server.close();
  });

  const open = (changes: object = {}): UpstreamClient =>
    upstreams.open(
      {
        ...z.object(connectionFields).parse({ baseUrl: url, timeout: '5s', ...changes }),
        id: 'test',
        platform: 'test',
      },
      { title: 'Test', explain: explainGeneric, auth: () => anonymous },
    );
  const ask = (
    client: UpstreamClient,
    signal = deadline(10_000),
    changes: Partial<UpstreamCall> = {},
  ): Promise<string> =>
    client.json(z.object({ ok: z.boolean() }), { path: '/things', signal, ...changes }).then(
      () => 'ok',
      (error: unknown) => (error instanceof GatewayError ? error.code : `leaked: ${String(error)}`),
    );
  const fine = (response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json').end('{"ok":true}');
  };
  const status = (response: ServerResponse, code: number, headers: object = {}): void => {
    response.writeHead(code, { ...headers }).end();
  };
  /** Fails this many times before it is well. */
  const failing = (times: number, code: number, headers: object = {}) => {
    answer = (response, count) => {
      if (count <= times) status(response, code, headers);
      else fine(response);
    };
  };
  const hang = (): void => undefined;
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await new Promise((done) => setTimeout(done, 5));
  };

  describe('Retry-After', () => {
    test('is waited for when it fits', async () => {
      failing(1, 429, { 'retry-after': '1' });
      const start = Date.now();
      expect(await ask(open(), deadline(10_000))).toBe('ok');
      expect(Date.now() - start).toBeGreaterThanOrEqual(950);
    });

    test.each([
      ['the deadline', '2', () => deadline(1_000)],
      ['all patience', '3600', () => AbortSignal.timeout(60_000)],
    ])('beyond %s ends the matter at once', async (_name, seconds, signal) => {
      failing(1, 503, { 'retry-after': seconds });
      expect(await ask(open(), signal())).toBe('upstream_unavailable');
      expect(requests).toHaveLength(1);
    });

    test('does not hold a caller who gives up', async () => {
      failing(1, 503, { 'retry-after': '5' });
      const caller = new AbortController();
      const start = Date.now();
      const asked = ask(open(), caller.signal);
      await until(() => requests.length === 1);
      caller.abort();
      expect(await asked).toMatch(/^upstream_(timeout|unavailable)$/);
      expect(Date.now() - start).toBeLessThan(4_000);
    });
  });

  describe('again', () => {
    test.each([500, 502, 503, 504, 408, 429])('is tried twice more after %i', async (code) => {
      failing(2, code);
      expect(await ask(open())).toBe('ok');
      failing(Number.POSITIVE_INFINITY, code);
      requests.length = 0;
      expect(await ask(open())).not.toBe('ok');
      expect(requests).toHaveLength(3);
    });

    test('is tried after a reset', async () => {
      answer = (response, count) => {
        if (count === 1) response.socket?.destroy();
        else fine(response);
      };
      expect(await ask(open())).toBe('ok');
    });

    test.each([400, 401, 403, 404, 409, 422, 302])('is not tried after %i', async (code) => {
      failing(Number.POSITIVE_INFINITY, code);
      expect(await ask(open())).not.toBe('ok');
      expect(requests).toHaveLength(1);
    });

    test.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)(
      'is not tried with %s',
      async (method) => {
        failing(Number.POSITIVE_INFINITY, 503);
        expect(await ask(open(), deadline(10_000), { method })).toBe('upstream_unavailable');
        expect(requests).toEqual([`${method} /things`]);
      },
    );

    test('is tried with a POST that says it can be repeated', async () => {
      failing(2, 503);
      const call = { method: 'POST', body: 'x', repeatable: true } as const;
      expect(await ask(open(), deadline(10_000), call)).toBe('ok');
      expect(requests).toHaveLength(3);
    });
  });

  describe('the circuit', () => {
    test('opens after failures in a row, and then nothing is sent', async () => {
      failing(Number.POSITIVE_INFINITY, 500);
      const client = open();
      for (let count = 0; count < 5; count += 1) {
        const call = { method: 'POST', path: `/things/${count % 2}` } as const;
        await ask(client, deadline(10_000), call);
      }
      expect(requests).toHaveLength(5);
      expect(await ask(client)).toBe('upstream_unavailable');
      expect(requests).toHaveLength(5);
    });

    test('refuses at once while it is open, and says for how long', async () => {
      failing(Number.POSITIVE_INFINITY, 500);
      const client = open();
      for (let count = 0; count < 5; count += 1) {
        const call = { method: 'POST', path: `/things/${count % 2}` } as const;
        await ask(client, deadline(10_000), call);
      }
      const begun = Date.now();
      const asked = client.text({ path: '/things', signal: deadline(10_000) });
      const refusal: unknown = await asked.catch((error: unknown) => error);
      // A further try would wait for the whole time that the refusal names.
      expect(Date.now() - begun).toBeLessThan(2_500);
      expect(refusal).toBeInstanceOf(GatewayError);
      const { details } = refusal as GatewayError;
      expect(details.retryAfterMs).toBeGreaterThan(3_000);
      expect(details.retryAfterMs).toBeLessThanOrEqual(5_000);
    });

    test('stays closed for one thing that always fails, so that the others are reached', async () => {
      answer = (response) => {
        if (requests.at(-1)?.endsWith('/broken') === true) status(response, 500);
        else fine(response);
      };
      const client = open();
      for (let count = 0; count < 12; count += 1) {
        const call = { method: 'POST', path: '/things/broken' } as const;
        expect(await ask(client, deadline(10_000), call)).toBe('upstream_unavailable');
      }
      expect(requests).toHaveLength(12);
      expect(await ask(client, deadline(10_000), { path: '/things/whole' })).toBe('ok');
    });

    test('opens for broken connections, whatever was asked for', async () => {
      answer = (response) => response.socket?.destroy();
      const client = open();
      for (let count = 0; count < 5; count += 1)
        await ask(client, deadline(10_000), { method: 'POST' });
      expect(await ask(client)).toBe('upstream_unavailable');
      expect(requests).toHaveLength(5);
    });

    test('stays closed while single calls fail, and for refusals', async () => {
      const client = open();
      answer = (response, count) => {
        if (count % 2 === 0) fine(response);
        else status(response, count % 3 === 0 ? 400 : 503);
      };
      for (let count = 0; count < 10; count += 1) expect(await ask(client)).not.toMatch(/^leaked/);
      failing(Number.POSITIVE_INFINITY, 400);
      for (let count = 0; count < 10; count += 1) await ask(client);
      answer = fine;
      expect(await ask(client)).toBe('ok');
    });

    test('opens for silence, but not for callers who give up', async () => {
      answer = hang;
      const patient = open();
      for (let count = 1; count <= 8; count += 1) {
        const caller = new AbortController();
        const asked = ask(patient, caller.signal);
        await until(() => requests.length >= count);
        caller.abort();
        expect(await asked).toBe('upstream_timeout');
      }
      answer = fine;
      expect(await ask(patient)).toBe('ok');
      answer = hang;
      const hasty = open({ timeout: '30ms' });
      while ((await ask(hasty, deadline(10_000), { method: 'POST' })) === 'upstream_timeout');
      const sent = requests.length;
      expect(await ask(hasty)).toBe('upstream_unavailable');
      expect(requests).toHaveLength(sent);
    });

    test('closes when the upstream is back', async () => {
      const name = { connection: 'test', platform: 'test', title: 'Test' };
      const resilience = new Resilience({
        name,
        concurrency: 2,
        breakAfter: 2,
        halfOpenAfterMs: 40,
      });
      const client = open();
      const call = { path: '/things', method: 'POST', signal: deadline(10_000) } as const;
      const send = (): Promise<unknown> => client.json(z.object({ ok: z.boolean() }), call);
      failing(2, 500);
      const tries: string[] = [];
      while (tries.at(-1) !== 'ok') {
        const tried = resilience.once(send, call.signal, `/things/${tries.length}`).then(
          () => 'ok',
          (error: unknown) => (error as Error).message,
        );
        tries.push(await tried);
        await new Promise((done) => setTimeout(done, 5));
      }
      expect(tries[2]).toBe(
        'Test (test) failed several times in a row and is left alone for a moment. The last time: Test (test) answered POST /things with 500.',
      );
      expect(requests).toHaveLength(3);
      expect(resilience.open).toBe(true);
    });
  });

  describe('at once', () => {
    test.each([
      ['a deadline', 'deadline(10_000)'],
      ['a deadline within another', 'deadline(10_000, deadline(20_000))'],
      ['a caller who may go away', 'new AbortController().signal'],
    ])('any number of calls wait for %s, and Node warns of no leak', async (_name, signal) => {
      // In a process of its own: the test runner's `process` hears no warnings.
      const script = `
        import { deadline } from './src/timing/deadline.ts';
        import { Resilience } from './src/upstream/resilience.ts';
        const name = { connection: 'test', platform: 'test', title: 'Test' };
        const resilience = new Resilience({ name, concurrency: 20, breakAfter: 5, halfOpenAfterMs: 9 });
        const signal = ${signal};
        const wait = () => new Promise((done) => setTimeout(done, 20));
        await Promise.all(Array.from({ length: 40 }, () => resilience.once(wait, signal, '/')));
        console.log('done');
        process.exit();`;
      const loader = ['--import', './test/support/typescript.js', '--input-type=module'];
      const ran = await promisify(execFile)(process.execPath, [...loader, '-e', script]);
      expect(ran.stderr.replace(/^.*ExperimentalWarning.*$\n?|^\(Use `node.*$\n?/gm, '')).toBe('');
      expect(ran.stdout).toBe('done\n');
    });

    test('no more requests are under way than allowed, and all get their turn', async () => {
      let underWay = 0;
      let most = 0;
      answer = (response) => {
        underWay += 1;
        most = Math.max(most, underWay);
        setTimeout(() => {
          underWay -= 1;
          fine(response);
        }, 5);
      };
      const client = open({ concurrency: 3 });
      const answers = await Promise.all(Array.from({ length: 30 }, () => ask(client)));
      expect(new Set(answers)).toEqual(new Set(['ok']));
      expect(most).toBe(3);
    });

    test('a caller who gives up while waiting for a turn gets away, and sends nothing', async () => {
      answer = hang;
      const client = open({ concurrency: 1 });
      const slow = new AbortController();
      const first = ask(client, slow.signal);
      await until(() => requests.length === 1);
      const caller = new AbortController();
      const second = ask(client, caller.signal);
      caller.abort();
      expect(await second).toBe('upstream_timeout');
      slow.abort();
      await first;
      answer = fine;
      expect(await ask(client)).toBe('ok');
      expect(requests).toHaveLength(2);
    });

    test('a caller who gives up while waiting takes nobody else the turn', async () => {
      let end = (): void => undefined;
      answer = (response, count) => {
        if (count > 1) fine(response);
        else end = fine.bind(null, response);
      };
      const client = open({ concurrency: 1 });
      const first = ask(client);
      await until(() => requests.length === 1);
      const caller = new AbortController();
      const second = ask(client, caller.signal);
      const third = ask(client);
      caller.abort();
      end();
      expect(await Promise.all([first, second, third])).toEqual(['ok', 'upstream_timeout', 'ok']);
      expect(requests).toHaveLength(2);
    });

    test('nothing is sent for a caller who has given up already', async () => {
      answer = fine;
      expect(await ask(open(), AbortSignal.abort())).toBe('upstream_timeout');
      expect(requests).toEqual([]);
    });
  });
});
