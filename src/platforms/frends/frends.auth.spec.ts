import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { UpstreamAuthFailedError } from '../../domain/errors.ts';
import { frendsSandbox } from '../../sandbox/frends/frends.sandbox.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { type FrendsConfig, frendsSettings } from './frends.config.ts';
import { FrendsConnector } from './frends.module.ts';

describe('signing in to Frends', () => {
  let sandbox: Sandbox;
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);

  beforeAll(async () => {
    sandbox = await startSandbox(frendsSandbox);
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.forget();
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  const open = (auth: FrendsConfig['auth']): PlatformAdapter =>
    new FrendsConnector(upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: sandbox.url }),
      id: 'frends-eu',
      platform: 'frends',
      auth,
      pageSize: 100,
      blobHosts: [],
    });
  const secret = (text: string): Secret => new Secret(() => text);
  const client = (path: string, changes: object): FrendsConfig['auth'] => ({
    type: 'clientCredentials',
    tokenUrl: new URL(`/sandbox-directory/oauth2/${path}`, sandbox.url),
    clientId: 'sandbox-client',
    clientSecret: secret('sandbox-secret'),
    ...changes,
  });
  const v1 = (): FrendsConfig['auth'] => client('token', { resource: 'api://frends' });
  const v2 = (changes: object = {}): FrendsConfig['auth'] =>
    client('v2.0/token', { scope: 'api://frends/.default', ...changes });
  const tokenRequests = (): number =>
    sandbox.requests().filter((request) => request.includes('/oauth2/')).length;

  test.each([
    ['a static token', () => ({ type: 'token', token: secret('sandbox-token') }) as const],
    ['client credentials with a resource (Entra ID version 1)', v1],
    ['client credentials with a scope (Entra ID version 2)', v2],
  ])('works with %s', async (_name, auth) => {
    const info = await open(auth()).ping(signal());
    expect(info).toEqual({
      version: '1.0',
      build: { title: 'Frends API', version: '1.0' },
      missing: [],
    });
  });

  test('fetches one token, however many ask', async () => {
    const adapter = open(v2());
    await Promise.all(Array.from({ length: 5 }, () => adapter.ping(signal())));
    expect(tokenRequests()).toBe(1);
  });

  test('fetches one more when the tenant no longer takes it, and then gives up', async () => {
    const adapter = open(v2());
    await adapter.ping(signal());
    sandbox.faults.add({ path: 'swagger', times: 1, fault: { kind: 'status', status: 401 } });
    await adapter.ping(signal());
    expect(tokenRequests()).toBe(2);
    sandbox.faults.add({ path: 'swagger', fault: { kind: 'status', status: 401 } });
    await expect(adapter.ping(signal())).rejects.toBeInstanceOf(UpstreamAuthFailedError);
    await expect(adapter.ping(signal())).rejects.toBeInstanceOf(UpstreamAuthFailedError);
    expect(tokenRequests()).toBe(3);
  });

  test('says what the directory says of wrong credentials, never the credentials', async () => {
    const adapter = open(v2({ clientSecret: secret('a-wrong-secret') }));
    const error: unknown = await adapter.ping(signal()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UpstreamAuthFailedError);
    expect(String(error)).toContain('AADSTS7000215');
    expect(JSON.stringify(error) + String(error)).not.toContain('a-wrong-secret');
  });

  test('a tenant that refuses a static token without a word is a failed sign-in', async () => {
    const adapter = open({ type: 'token', token: secret('an-old-token') });
    await expect(adapter.ping(signal())).rejects.toMatchObject({
      code: 'upstream_auth_failed',
      details: { upstream: { status: 401, message: null } },
    });
  });

  test('is configured with a scope or a resource, and with exactly one of them', () => {
    const settings = (changes: object): boolean =>
      frendsSettings.safeParse({
        auth: {
          type: 'clientCredentials',
          tokenUrl: 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token',
          clientId: 'gateway',
          clientSecret: { env: 'PATH' },
          ...changes,
        },
      }).success;
    expect(settings({ scope: 'api://frends/.default' })).toBe(true);
    expect(settings({ resource: 'api://frends' })).toBe(true);
    expect(settings({})).toBe(false);
    expect(settings({ scope: 'api://frends/.default', resource: 'api://frends' })).toBe(false);
  });
});
