import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { UpstreamAuthFailedError } from '../../domain/errors.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { uipathSandbox } from '../../sandbox/uipath/uipath.sandbox.ts';
import { MemoryBudgets } from '../../upstream/memory-budgets.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { UipathConfig } from './uipath.config.ts';
import { UipathConnector } from './uipath.module.ts';

describe('signing in to UiPath', () => {
  let sandbox: Sandbox;
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);
  const secret = (text: string): Secret => new Secret(() => text);

  beforeAll(async () => {
    sandbox = await startSandbox(uipathSandbox);
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.forget();
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  const open = (auth: UipathConfig['auth'], base: string): PlatformAdapter =>
    new UipathConnector(upstreams, new MemoryBudgets()).open({
      ...z.object(connectionFields).parse({ baseUrl: `${sandbox.url}${base}` }),
      id: 'uipath-eu',
      platform: 'uipath',
      auth,
      folder: { id: 101 },
      feed: 'tenant',
      pageSize: 500,
      listCallsPerMinute: 100,
      blobHosts: [],
    });
  const cloud = '/acme/Production/orchestrator_';
  const client = (changes: object = {}): UipathConfig['auth'] => ({
    type: 'clientCredentials',
    tokenUrl: new URL(`${sandbox.url}/acme/identity_/connect/token`),
    clientId: 'sandbox-client',
    clientSecret: secret('sandbox-secret'),
    scope: 'OR.Execution OR.Folders',
    ...changes,
  });
  const person = (password = 'sandbox-password'): UipathConfig['auth'] => ({
    type: 'password',
    tenancyName: 'Production',
    user: 'sandbox@example.com',
    password: secret(password),
  });
  const pat = (): UipathConfig['auth'] => ({ type: 'token', token: secret('sandbox-token') });
  const signIns = (): number =>
    sandbox.requests().filter((each) => /connect\/token|Authenticate/.test(each)).length;

  const schemes = [
    { name: 'client credentials', auth: () => client(), base: cloud, fetched: 1 },
    { name: 'a personal access token', auth: pat, base: cloud, fetched: 0 },
    { name: 'a password, on an own installation', auth: () => person(), base: '', fetched: 1 },
  ];

  test.each(schemes)('works with $name, asked once however many ask', async (scheme) => {
    const { processes } = open(scheme.auth(), scheme.base).parts;
    if (processes === undefined) throw new Error('no processes');
    const asks = Array.from({ length: 6 }, () => processes.list(signal()));
    const lists = await Promise.all(asks);
    for (const list of lists) expect(list.length).toBeGreaterThan(10);
    expect(signIns()).toBe(scheme.fetched);
  });

  test.each(schemes.filter(({ fetched }) => fetched > 0))(
    'renews $name once when it is refused',
    async (scheme) => {
      const adapter = open(scheme.auth(), scheme.base);
      await adapter.ping(signal());
      sandbox.forget();
      const fault = { kind: 'status', status: 401 } as const;
      sandbox.faults.add({ path: 'odata/Processes', times: 1, fault });
      await expect(adapter.parts.processes?.list(signal())).resolves.toBeDefined();
      expect(signIns()).toBe(1);
    },
  );

  test('gives up when the renewed one is refused, too', async () => {
    const adapter = open(person(), '');
    const fault = { kind: 'status', status: 401 } as const;
    sandbox.faults.add({ path: 'odata/', fault });
    await expect(adapter.parts.processes?.list(signal())).rejects.toThrow(UpstreamAuthFailedError);
    expect(signIns()).toBe(2);
  });

  test.each([
    ['a wrong secret', () => open(client({ clientSecret: secret('wrong-secret') }), cloud)],
    ['a scope that was not granted', () => open(client({ scope: 'OR.Everything' }), cloud)],
    ['a scope that is not enough', () => open(client({ scope: 'OR.Jobs' }), cloud)],
    ['a wrong password', () => open(person('wrong-secret'), '')],
    ['a token that is none', () => open({ type: 'token', token: secret('wrong-secret') }, cloud)],
  ])('fails at the first ping with %s', async (_name, opened) => {
    const failure: unknown = await opened()
      .ping(signal())
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UpstreamAuthFailedError);
    expect(String(failure)).not.toContain('wrong-secret');
  });

  test('reads a refusal that comes with 200', async () => {
    const body = JSON.stringify({ success: false, result: null, error: { message: 'Locked out' } });
    sandbox.faults.add({ path: 'Authenticate', fault: { kind: 'status', status: 200, body } });
    await expect(open(person(), '').ping(signal())).rejects.toThrow(/Locked out/);
  });

  test('never shows the session of a person in an error', async () => {
    const adapter = open(person(), '');
    await adapter.ping(signal());
    const body = JSON.stringify({ message: 'bad sandbox-uipath-session', errorCode: 0 });
    sandbox.faults.add({ path: 'odata/', fault: { kind: 'status', status: 400, body } });
    await expect(adapter.parts.processes?.list(signal())).rejects.toThrow(/bad \[redacted\]/);
  });
});
