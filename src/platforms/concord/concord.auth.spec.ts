import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../config/secret.ts';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import type { ConcordConfig } from './concord.config.ts';
import { AskedConcord, signal } from './concord.testing.ts';

const concord = new AskedConcord();
const secret = (text: string): Secret => new Secret(() => text);
const open = (auth: ConcordConfig['auth']): PlatformAdapter => concord.adapter({ auth });

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
    expect(concord.exchanges.map(({ requestHeaders }) => requestHeaders['authorization'])).toEqual([
      header,
      header,
    ]);
  });

  test('shows a wrong key, although the version is told to anybody', async () => {
    const adapter = open({ type: 'apiKey', key: secret('a-wrong-secret'), scheme: 'raw' });
    await expect(adapter.ping(signal())).rejects.toMatchObject({ code: 'upstream_auth_failed' });
    expect(concord.exchanges.map(({ status }) => status)).toEqual([200, 401]);
  });

  test('keeps no cookie of the session that a password begins', async () => {
    await open(basic).parts.processes?.list(signal());
    expect(concord.exchanges[0]?.responseHeaders['set-cookie']).toContain('JSESSIONID');
    for (const { requestHeaders } of concord.exchanges)
      expect(requestHeaders['cookie']).toBeUndefined();
  });
});

test('every request accepts the media type that validation errors have, else they had no body', async () => {
  const auth: ConcordConfig['auth'] = { type: 'token', token: secret('sandbox-token') };
  await open(auth).parts.processes?.list(signal());
  const accept =
    'application/json, application/vnd.concord-validation-errors-v1+json, text/plain, */*;q=0.1';
  expect(new Set(concord.exchanges.map(({ requestHeaders }) => requestHeaders['accept']))).toEqual(
    new Set([accept]),
  );
});
