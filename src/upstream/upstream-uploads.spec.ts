import { describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { GatewayError, UpstreamUnavailableError } from '../domain/errors.ts';
import { deadline } from '../timing/deadline.ts';
import { type Authenticator, fixedHeaders } from './authenticator.ts';
import { TokenAuthenticator } from './token.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { fine, refuse, TestUpstream } from './upstream.testing.ts';

const upstream = new TestUpstream();

/** A token of another number each time. */
function tokens(): Authenticator {
  let fetched = 0;
  return new TokenAuthenticator(
    () => Promise.resolve({ value: `token-${(fetched += 1)}`, lifetimeMs: 600_000 }),
    () => [],
  );
}

function open(auth: Authenticator): UpstreamClient {
  return upstream.open({}, () => auth);
}

/** `ok`, or the code of the error and whether anything of it was sent. */
async function send(client: UpstreamClient, body: string | Readable): Promise<unknown> {
  try {
    await client.text({ method: 'POST', path: '/files', body, signal: deadline(10_000) });
    return 'ok';
  } catch (error) {
    return error instanceof GatewayError ? [error.code, error.details.sent] : error;
  }
}

const upload = (client: UpstreamClient): Promise<unknown> =>
  send(client, Readable.from([Buffer.alloc(100_000)]));
/** The requests by what signed them. */
const signed = (): unknown[] => upstream.requests.map(({ headers }) => headers.authorization);

describe('an upload that streams', () => {
  test('and is answered 401 was not taken, and its next try is signed anew', async () => {
    upstream.fail(1, 401);
    const client = open(tokens());
    expect(await upload(client)).toEqual(['upstream_auth_failed', 'no']);
    expect(await upload(client)).toBe('ok');
    expect(signed()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('does not keep others waiting whose credential was renewed by it', async () => {
    upstream.fail(1, 401);
    const client = open(tokens());
    await upload(client);
    expect(await send(client, 'text')).toBe('ok');
  });

  test('and is answered 401 with the credential that was fetched for it, too, is refused, and nobody asks for a while', async () => {
    upstream.fail(9, 401);
    const client = open(tokens());
    expect(await upload(client)).toEqual(['upstream_auth_failed', 'no']);
    expect(await upload(client)).toEqual(['upstream_auth_failed', 'maybe']);
    expect(await upload(client)).toEqual(['upstream_auth_failed', 'no']);
    expect(upstream.requests).toHaveLength(2);
  });

  test('and is answered 401 where there is no other credential is refused, and nobody asks for a while', async () => {
    upstream.fail(9, 401);
    const client = open(
      fixedHeaders(
        () => ({ authorization: 'Bearer fixed' }),
        () => ['fixed'],
      ),
    );
    expect(await upload(client)).toEqual(['upstream_auth_failed', 'maybe']);
    expect(await upload(client)).toEqual(['upstream_auth_failed', 'no']);
    expect(signed()).toEqual(['Bearer fixed']);
  });

  test('and is answered 403 was read, and is refused', async () => {
    upstream.fail(1, 403);
    expect(await upload(open(tokens()))).toEqual(['upstream_auth_failed', 'maybe']);
  });
});

describe('a write of a text', () => {
  test('that is answered 401 is signed anew, and sent at once', async () => {
    upstream.fail(1, 401);
    expect(await send(open(tokens()), 'text')).toBe('ok');
    expect(signed()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('that is answered 401 was not taken where nobody gives another token then', async () => {
    upstream.answer = (response) => {
      refuse(response, 401);
    };
    const error = new UpstreamUnavailableError('No tokens today.', { sent: 'maybe' });
    let fetched = 0;
    const auth = new TokenAuthenticator(
      () =>
        (fetched += 1) === 1
          ? Promise.resolve({ value: 'token', lifetimeMs: 600_000 })
          : Promise.reject(error),
      () => [],
    );
    const client = open(auth);
    expect(await send(client, 'text')).toEqual(['upstream_unavailable', 'no']);
    upstream.answer = fine;
    expect(upstream.requests).toHaveLength(1);
  });
});
