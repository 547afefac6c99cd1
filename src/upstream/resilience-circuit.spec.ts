import { describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { GatewayError } from '../domain/errors.ts';
import { deadline } from '../timing/deadline.ts';
import { Resilience } from './resilience.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { ask, fine, hang, refuse, TestUpstream, until } from './upstream.testing.ts';

jest.setTimeout(20_000);

const upstream = new TestUpstream();

describe('the circuit', () => {
  /** A client whose circuit five failures have opened. */
  const broken = async (): Promise<UpstreamClient> => {
    upstream.fail(Number.POSITIVE_INFINITY, 500);
    const client = upstream.open();
    for (let count = 0; count < 5; count += 1) {
      const call = { method: 'POST', path: `/things/${count % 2}` } as const;
      await ask(client, deadline(10_000), call);
    }
    return client;
  };

  test('opens after failures in a row, and then nothing is sent', async () => {
    const client = await broken();
    expect(upstream.requests).toHaveLength(5);
    expect(await ask(client)).toBe('upstream_unavailable');
    expect(upstream.requests).toHaveLength(5);
  });

  test('refuses at once while it is open, and says for how long', async () => {
    const client = await broken();
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
    upstream.answer = (response) => {
      if (upstream.requests.at(-1)?.url === '/things/broken') refuse(response, 500);
      else fine(response);
    };
    const client = upstream.open();
    for (let count = 0; count < 12; count += 1) {
      const call = { method: 'POST', path: '/things/broken' } as const;
      expect(await ask(client, deadline(10_000), call)).toBe('upstream_unavailable');
    }
    expect(upstream.requests).toHaveLength(12);
    expect(await ask(client, deadline(10_000), { path: '/things/whole' })).toBe('ok');
  });

  test('opens for broken connections, whatever was asked for', async () => {
    upstream.answer = (response) => response.socket?.destroy();
    const client = upstream.open();
    for (let count = 0; count < 5; count += 1)
      await ask(client, deadline(10_000), { method: 'POST' });
    expect(await ask(client)).toBe('upstream_unavailable');
    expect(upstream.requests).toHaveLength(5);
  });

  test('stays closed while single calls fail, and for refusals', async () => {
    const client = upstream.open();
    upstream.answer = (response) => {
      const count = upstream.requests.length;
      if (count % 2 === 0) fine(response);
      else refuse(response, count % 3 === 0 ? 400 : 503);
    };
    for (let count = 0; count < 10; count += 1) expect(await ask(client)).not.toMatch(/^leaked/);
    upstream.fail(Number.POSITIVE_INFINITY, 400);
    for (let count = 0; count < 10; count += 1) await ask(client);
    upstream.answer = fine;
    expect(await ask(client)).toBe('ok');
  });

  test('opens for silence, but not for callers who give up', async () => {
    upstream.answer = hang;
    const patient = upstream.open();
    for (let count = 1; count <= 8; count += 1) {
      const caller = new AbortController();
      const asked = ask(patient, caller.signal);
      await until(() => upstream.requests.length >= count);
      caller.abort();
      expect(await asked).toBe('upstream_timeout');
    }
    upstream.answer = fine;
    expect(await ask(patient)).toBe('ok');
    upstream.answer = hang;
    const hasty = upstream.open({ timeout: '30ms' });
    while ((await ask(hasty, deadline(10_000), { method: 'POST' })) === 'upstream_timeout');
    const sent = upstream.requests.length;
    expect(await ask(hasty)).toBe('upstream_unavailable');
    expect(upstream.requests).toHaveLength(sent);
  });

  test('closes when the upstream is back', async () => {
    const name = { connection: 'test', platform: 'test', title: 'Test' };
    const resilience = new Resilience({
      name,
      concurrency: 2,
      breakAfter: 2,
      halfOpenAfterMs: 500,
    });
    const client = upstream.open();
    const call = { path: '/things', method: 'POST', signal: deadline(10_000) } as const;
    const send = (): Promise<unknown> => client.json(z.object({ ok: z.boolean() }), call);
    upstream.fail(2, 500);
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
    expect(upstream.requests).toHaveLength(3);
    expect(resilience.open).toBe(true);
  });
});
