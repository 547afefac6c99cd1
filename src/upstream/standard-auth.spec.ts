import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Secret } from '../config/secret.ts';
import { basic, standardAuth } from './standard-auth.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { fine, TestUpstream } from './upstream.testing.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const upstream = new TestUpstream();

describe('signing', () => {
  const seen: { url: string; authorization: string | undefined; body: string }[] = [];
  let tokenEndpoint: Answer;

  beforeEach(() => {
    upstream.answer = (response, request) => {
      void text(request).then((body) => {
        const { url = '', headers } = request;
        seen.push({ url, authorization: headers.authorization, body });
        if (url.startsWith('/token')) tokenEndpoint(request, response);
        else fine(response);
      });
    };
  });
  afterEach(() => {
    seen.length = 0;
  });

  const secret = (value: string): Secret => new Secret(() => value);
  const open = (auth: Parameters<typeof standardAuth>[0]): UpstreamClient =>
    upstream.open({}, (unsigned) => standardAuth(auth, unsigned));
  const read = (client: UpstreamClient, path = '/things'): Promise<unknown> =>
    client.json(z.unknown(), { path, signal: AbortSignal.timeout(5_000) });
  const clientCredentials = (changes: object = {}) =>
    open({
      type: 'clientCredentials',
      tokenUrl: new URL('/token', upstream.url),
      clientId: 'gateway',
      clientSecret: secret('s3cret&more'),
      scope: undefined,
      resource: undefined,
      ...changes,
    });
  const give =
    (body: object, status = 200): Answer =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
  const failure = async (client: UpstreamClient, path?: string): Promise<Error> =>
    read(client, path).then(
      () => new Error('no error'),
      (error: unknown) => error as Error,
    );

  test('sends a static token as Bearer, read anew for every request', async () => {
    let held = 'first';
    const client = open({ type: 'token', token: new Secret(() => held) });
    await read(client);
    held = 'second';
    await read(client);
    expect(seen.map((each) => each.authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  test('sends user and password as Basic in UTF-8', async () => {
    await read(open({ type: 'basic', user: 'dana', password: secret('pässword') }));
    expect(seen[0]?.authorization).toBe(basic('dana', 'pässword'));
    expect(Buffer.from((seen[0]?.authorization ?? '').slice(6), 'base64').toString()).toBe(
      'dana:pässword',
    );
  });

  test('exchanges client credentials for a token, in a form and without other credentials', async () => {
    tokenEndpoint = give({ access_token: 'issued', expires_in: '3599' });
    await read(clientCredentials({ scope: 'api://x/.default' }));
    const [exchange, call] = seen;
    expect(exchange?.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(exchange?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'gateway',
      client_secret: 's3cret&more',
      scope: 'api://x/.default',
    });
    expect(call?.authorization).toBe('Bearer issued');
  });

  test('names the resource for endpoints that want one', async () => {
    tokenEndpoint = give({ access_token: 'issued' });
    await read(clientCredentials({ resource: 'api://x' }));
    expect(new URLSearchParams(seen[0]?.body).get('resource')).toBe('api://x');
    expect(new URLSearchParams(seen[0]?.body).has('scope')).toBe(false);
  });

  test.each([400, 401])(
    'takes a %i of the token endpoint for wrong credentials',
    async (status) => {
      const body = {
        error: 'invalid_client',
        error_description: 'Not s3cret&more, s3cret%26more.',
      };
      tokenEndpoint = give(body, status);
      const error = await failure(clientCredentials());
      expect(error).toMatchObject({
        code: 'upstream_auth_failed',
        details: { upstream: { status, message: 'Not [redacted], [redacted].' } },
      });
      expect(error.message).not.toContain('s3cret');
      expect(seen.some((each) => each.url === '/things')).toBe(false);
    },
  );

  test('takes a token endpoint that is away for an upstream that is away', async () => {
    tokenEndpoint = (request) => request.socket.destroy();
    expect(await failure(clientCredentials())).toMatchObject({ code: 'upstream_unavailable' });
    tokenEndpoint = give({ token: 'in the wrong member' });
    expect(await failure(clientCredentials())).toMatchObject({ code: 'upstream_contract' });
  });

  test('never repeats a credential that an upstream repeats', async () => {
    const client = open({ type: 'basic', user: 'dana', password: secret('pa"ss\\word') });
    const bare = basic('dana', 'pa"ss\\word').slice(6);
    tokenEndpoint = give({ message: `bad ${bare} and pa"ss\\word` }, 400);
    const error = await failure(client, '/token');
    expect(error).toMatchObject({ code: 'upstream_rejected' });
    expect(JSON.stringify(error) + String(error)).not.toContain(bare);
    expect(JSON.stringify(error) + String(error)).not.toContain('ss\\\\word');
    expect(String(error)).toContain('bad [redacted] and [redacted]');
  });

  test('a credential that cannot be read is an error of the catalogue, and nothing is sent', async () => {
    const client = open({
      type: 'token',
      token: new Secret(() => {
        throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      }),
    });
    expect(await failure(client)).toMatchObject({
      code: 'upstream_auth_failed',
      details: { sent: 'no' },
    });
    expect(seen).toEqual([]);
  });
});
