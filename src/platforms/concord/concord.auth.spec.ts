import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { concordSandbox } from '../../sandbox/concord/concord.sandbox.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordConnector } from './concord.module.ts';

const upstreams = new UpstreamFactory();
let sandbox: Sandbox;
let exchanges: Exchange[] = [];

beforeAll(async () => {
  sandbox = await startSandbox(concordSandbox, { observe: (exchange) => exchanges.push(exchange) });
});
afterEach(() => {
  exchanges = [];
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  await sandbox.close();
});

const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const secret = (text: string): Secret => new Secret(() => text);

function open(auth: ConcordConfig['auth']): PlatformAdapter {
  return new ConcordConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: sandbox.url }),
    id: 'concord',
    platform: 'concord',
    startStyle: 'auto',
    auth,
  });
}

describe('signing in', () => {
  const basic: ConcordConfig['auth'] = {
    type: 'basic',
    user: 'sandbox@example.com',
    password: secret('sandbox-password'),
  };

  test.each<[string, ConcordConfig['auth'], string]>([
    [
      'an API key',
      { type: 'apiKey', key: secret('sandbox-secret'), scheme: 'raw' },
      'sandbox-secret',
    ],
    [
      'an API key as a bearer token',
      { type: 'apiKey', key: secret('sandbox-secret'), scheme: 'bearer' },
      'Bearer sandbox-secret',
    ],
    ['a token', { type: 'token', token: secret('sandbox-token') }, 'Bearer sandbox-token'],
    [
      'a user and a password',
      basic,
      `Basic ${Buffer.from('sandbox@example.com:sandbox-password').toString('base64')}`,
    ],
  ])('works with %s', async (_name, auth, header) => {
    await open(auth).ping(signal());
    expect(exchanges.map(({ requestHeaders }) => requestHeaders['authorization'])).toEqual([
      header,
      header,
    ]);
  });

  test('shows a wrong key, although the version is told to anybody', async () => {
    const adapter = open({ type: 'apiKey', key: secret('a-wrong-secret'), scheme: 'raw' });
    await expect(adapter.ping(signal())).rejects.toMatchObject({ code: 'upstream_auth_failed' });
    expect(exchanges.map(({ status }) => status)).toEqual([200, 401]);
  });

  test('keeps no cookie of the session that a password begins', async () => {
    await open(basic).parts.processes?.list(signal());
    expect(exchanges[0]?.responseHeaders['set-cookie']).toContain('JSESSIONID');
    for (const { requestHeaders } of exchanges) expect(requestHeaders['cookie']).toBeUndefined();
  });
});

test('every request accepts the media type that validation errors have, else they had no body', async () => {
  const auth: ConcordConfig['auth'] = { type: 'token', token: secret('sandbox-token') };
  await open(auth).parts.processes?.list(signal());
  const accept =
    'application/json, application/vnd.concord-validation-errors-v1+json, text/plain, */*;q=0.1';
  expect(new Set(exchanges.map(({ requestHeaders }) => requestHeaders['accept']))).toEqual(
    new Set([accept]),
  );
});
