import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { frends } from '../../src/platforms/frends/frends.platform.ts';
import { odsl } from '../../src/platforms/odsl/odsl.platform.ts';
import type { Platform } from '../../src/platforms/platform.ts';
import { uipath } from '../../src/platforms/uipath/uipath.platform.ts';
import { sandboxes } from '../../src/sandbox/index.ts';
import type { Exchange, Sandbox } from '../../src/sandbox/kit/sandbox.ts';
import { Router } from '../../src/sandbox/uipath/router.ts';
import { cloudBase, uipathEndpoints } from '../../src/sandbox/uipath/uipath.sandbox.ts';
import { frendsOverlay } from '../contracts/frends.overlay.ts';
import { callFrends } from '../contracts/frends.surface.ts';
import { odslOverlay } from '../contracts/odsl.overlay.ts';
import { callOdsl } from '../contracts/odsl.surface.ts';
import { uipathOverlay } from '../contracts/uipath.overlay.ts';
import { callUipath } from '../contracts/uipath.surface.ts';
import { type ApiDocument, namedApiDocument } from '../support/api-document.ts';
import { openAdapter } from '../support/open-adapter.ts';
import type { Overlay } from '../support/openapi.ts';
import { readEverything } from '../support/read-everything.ts';

/** Some of it waits for runs to end, on machines that do other things as well. */
jest.setTimeout(60_000);

interface Proof {
  readonly platform: Platform;
  readonly overlay: Overlay;
  /** Calls everything that the sandbox has. */
  readonly callAll: (url: string) => Promise<void>;
  /** Settings under which the adapter asks in other ways. */
  readonly variants: (url: string) => readonly Readonly<Record<string, unknown>>[];
}

const proofs: readonly Proof[] = [
  { platform: uipath, overlay: uipathOverlay, callAll: callUipath, variants: uipathVariants },
  { platform: odsl, overlay: odslOverlay, callAll: callOdsl, variants: () => [{}] },
  { platform: frends, overlay: frendsOverlay, callAll: callFrends, variants: frendsVariants },
];

function frendsVariants(url: string): readonly Readonly<Record<string, unknown>>[] {
  const client = {
    type: 'clientCredentials',
    clientId: 'sandbox-client',
    clientSecret: { env: 'SANDBOX_SECRET' },
  };
  const tokenUrl = `${url}/sandbox-directory/oauth2/token`;
  return [{}, { pageSize: 20, auth: { ...client, tokenUrl, resource: 'api://frends' } }];
}

function uipathVariants(url: string): readonly Readonly<Record<string, unknown>>[] {
  const password = { env: 'SANDBOX_PASSWORD' };
  const user = 'sandbox@example.com';
  return [
    {},
    { folder: { id: 101 }, auth: { type: 'token', token: { env: 'SANDBOX_TOKEN' } } },
    { folder: { path: 'Büro Österreich' }, feed: 'folder', pageSize: 2 },
    { folder: undefined },
    {
      baseUrl: url,
      tenantName: 'Production',
      auth: { type: 'password', tenancyName: 'Production', user, password },
    },
  ];
}

describe.each(proofs)('$platform.title by its API document', (proof) => {
  const exchanges: Exchange[] = [];
  let sandbox: Sandbox;
  let document: ApiDocument;

  beforeAll(async () => {
    document = await namedApiDocument(proof.overlay);
    const start = sandboxes[proof.platform.name];
    if (start === undefined) throw new Error(`${proof.platform.name} has no sandbox`);
    sandbox = await start({
      observe: (exchange) => {
        exchanges.push(exchange);
        document.observe(exchange);
      },
    });
  });
  afterAll(() => sandbox.close());

  test('every request of the adapter and every answer to it is as documented', async () => {
    for (const variant of proof.variants(sandbox.url)) {
      const open = openAdapter(proof.platform, sandbox.url, variant);
      await readEverything(open.adapter);
      await open.close();
    }
    expect(exchanges.length).toBeGreaterThan(20);
    expect(document.violations()).toEqual([]);
  });

  test('every call of the sandbox answers as documented', async () => {
    await proof.callAll(sandbox.url);
    expect(document.violations()).toEqual([]);
    if (document.checks) expect(document.operations().size).toBeGreaterThan(5);
  });

  test('no call of the sandbox was left out', () => {
    if (proof.platform !== uipath) return;
    const router = new Router(uipathEndpoints);
    const called = new Set(
      exchanges.flatMap(({ method, url }) => {
        const [path = ''] = url.split('?');
        const below = path.startsWith(cloudBase) ? path.slice(cloudBase.length + 1) : path.slice(1);
        const found = router.find(method, below);
        return found === null ? [] : [found.endpoint];
      }),
    );
    const forgotten = uipathEndpoints.filter((endpoint) => !called.has(endpoint));
    expect(forgotten.map(({ method, template }) => `${method} ${template}`)).toEqual([]);
  });
});
