import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { UpstreamAuthFailedError } from '../../domain/errors.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { odslSandbox } from '../../sandbox/odsl/odsl.sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { OdslConfig } from './odsl.config.ts';
import { OdslConnector } from './odsl.module.ts';

describe('signing in to OpenDataDSL', () => {
  let sandbox: Sandbox;
  let exchanges: Exchange[] = [];
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);

  beforeAll(async () => {
    sandbox = await startSandbox(odslSandbox, { observe: (exchange) => exchanges.push(exchange) });
  });
  afterEach(() => {
    sandbox.faults.clear();
    exchanges = [];
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  const open = (auth: OdslConfig['auth'], environment = 'production'): PlatformAdapter =>
    new OdslConnector(upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: `${sandbox.url}/api` }),
      id: 'odsl',
      platform: 'odsl',
      auth,
      environment,
      startBody: 'input',
    });
  const secret = (text: string): Secret => new Secret(() => text);
  const client = (changes: object = {}): OdslConfig['auth'] => ({
    type: 'clientCredentials',
    tokenUrl: new URL('/sandbox-tenant/oauth2/v2.0/token', sandbox.url),
    clientId: 'sandbox-client',
    clientSecret: secret('sandbox-secret'),
    scope: 'api://opendatadsl/.default',
    ...changes,
  });
  const user = 'sandbox@example.com';
  const pair = (key: string): OdslConfig['auth'] => ({
    type: 'apiKey',
    email: user,
    key: secret(key),
  });
  const tokenRequests = (): Exchange[] => exchanges.filter(({ url }) => url.includes('/oauth2/'));

  test.each<[string, () => OdslConfig['auth'], Record<string, string>]>([
    [
      'an API key as a pair of headers',
      () => pair('sandbox-password'),
      { 'x-odsl-email': user, 'x-odsl-key': 'sandbox-password' },
    ],
    [
      'the same as Basic',
      () => ({ type: 'basic', user, password: secret('sandbox-password') }),
      {
        authorization: `Basic ${Buffer.from(`${user}:sandbox-password`).toString('base64')}`,
      },
    ],
    [
      'a static token',
      () => ({ type: 'token', token: secret('sandbox-token') }),
      { authorization: 'Bearer sandbox-token' },
    ],
    ['client credentials', client, { authorization: 'Bearer sandbox-odsl-access-token' }],
  ])('works with %s, and sends nothing else', async (_name, auth, headers) => {
    const { version, build } = await open(auth()).ping(signal());
    expect(version).toBe('v1');
    expect(build).toMatchObject({ service: 'process' });
    const sent = exchanges.find(({ url }) => url === '/api/process')?.requestHeaders ?? {};
    const { authorization, 'x-odsl-email': email, 'x-odsl-key': key } = sent;
    expect({ authorization, 'x-odsl-email': email, 'x-odsl-key': key }).toEqual(headers);
  });

  test.each([
    ['the default', 'production', 24],
    ['another', 'uat', 5],
  ])('names %s environment with every request', async (_name, environment, count) => {
    const { parts } = open(pair('sandbox-password'), environment);
    expect(await parts.processes?.list(signal())).toHaveLength(count);
    await parts.processes?.get('SMOKE_TEST', signal());
    await parts.versions?.list('SMOKE_TEST', signal());
    expect(exchanges.length).toBeGreaterThanOrEqual(3);
    for (const { requestHeaders } of exchanges)
      expect(requestHeaders['x-odsl-environment']).toBe(environment);
    const targets = await parts.targets?.list(signal());
    expect(targets).toEqual([{ id: environment, name: environment, kind: 'environment' }]);
  });

  test('asks the directory as its documents say: once, however many ask', async () => {
    const adapter = open(client());
    await Promise.all(Array.from({ length: 5 }, () => adapter.ping(signal())));
    expect(tokenRequests()).toHaveLength(1);
    const [request] = tokenRequests();
    expect([...new URLSearchParams(request?.requestBody?.toString() ?? '')].sort()).toEqual([
      ['client_id', 'sandbox-client'],
      ['client_secret', 'sandbox-secret'],
      ['grant_type', 'client_credentials'],
      ['scope', 'api://opendatadsl/.default'],
    ]);
    expect(request?.requestHeaders['x-odsl-environment']).toBeUndefined();
  });

  test('fetches one more token when the tenant no longer takes it, and then gives up', async () => {
    const adapter = open(client());
    await adapter.ping(signal());
    const refused = { kind: 'status', status: 401 } as const;
    sandbox.faults.add({ path: '/api/', times: 1, fault: refused });
    await adapter.ping(signal());
    expect(tokenRequests()).toHaveLength(2);
    sandbox.faults.add({ path: '/api/', fault: refused });
    await expect(adapter.ping(signal())).rejects.toBeInstanceOf(UpstreamAuthFailedError);
    await expect(adapter.ping(signal())).rejects.toBeInstanceOf(UpstreamAuthFailedError);
    expect(tokenRequests()).toHaveLength(3);
  });

  test.each<[string, () => OdslConfig['auth'], object]>([
    [
      'key',
      () => pair('a-wrong-secret'),
      { status: 401, code: '1001', message: 'Not Authenticated: sign in first' },
    ],
    [
      'client',
      () => client({ clientSecret: secret('a-wrong-secret') }),
      { status: 401, code: 'invalid_client', message: 'Unknown client or wrong secret.' },
    ],
  ])(
    'says what the platform says of a wrong %s, never the credential',
    async (_, auth, upstream) => {
      const error: unknown = await open(auth())
        .ping(signal())
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(UpstreamAuthFailedError);
      expect(error).toMatchObject({ details: { upstream } });
      expect(JSON.stringify(error) + String(error)).not.toContain('a-wrong-secret');
    },
  );
});
