import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Deployment } from '../../src/domain/deployment.ts';
import type { Process, ProcessDetail } from '../../src/domain/process.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get, list, post } from '../support/http.ts';
import { mostVersioned, smokeTest } from '../support/reads.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;
let everything: readonly Process[];

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  everything = (await list(gateway, '?limit=200')).body.data;
});
afterAll(() => stage.close());

describe('one process', () => {
  it('is found under the link of every item of the list, and says the same', async () => {
    for (const listed of everything) {
      const { status, body, headers } = await get<ProcessDetail>(gateway, listed.links.self.href);
      expect([listed.id, status]).toEqual([listed.id, 200]);
      expect(body).toMatchObject({ ...listed });
      expect(Object.keys(body)).toEqual([
        ...Object.keys(listed).filter((member) => member !== 'native'),
        ...['native', 'deployments', 'inputSchema', 'configuration', 'resolvedVersion'],
      ]);
      expect(headers).not.toHaveProperty('content-location');
    }
  });

  it('has links for what its platform can do, and null for the rest', () => {
    for (const { links, capabilities } of everything) {
      expect(links.versions !== null).toBe(capabilities.includes('versions'));
      expect(links.package !== null).toBe(capabilities.includes('packages'));
      expect(links.deployments !== null).toBe(capabilities.includes('deployments'));
    }
  });

  it('is kept for a while, and 304 for who has it', async () => {
    const path = at(await smokeTest(gateway, 'odsl'));
    await get(gateway, path);
    stage.forget();
    const { headers } = await get(gateway, path);
    expect(headers['cache-status']).toMatch(/^process-gateway; hit; ttl=\d+$/);
    const again = await get(gateway, path, { 'if-none-match': headers['etag'] ?? '' });
    expect([again.status, again.text]).toEqual([304, '']);
    expect(stage.requestCount()).toBe(0);
    await get(gateway, path, { 'cache-control': 'no-cache' });
    expect(stage.sandbox('odsl').requests()).not.toHaveLength(0);
  });

  it('is live and whole with the platform’s own JSON, its secrets hidden', async () => {
    const { id } = await mostVersioned(gateway, 'frends');
    const { body, text, headers } = await get<ProcessDetail>(gateway, at(id, '?include=native'));
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cache-status': 'process-gateway; fwd=bypass',
    });
    expect(body.native).toMatchObject({ uniqueIdentifier: id.split(':')[1] });
    expect(JSON.stringify(body.native)).toContain('bpmn:process');
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('frends-secret');
    for (const platform of ['concord', 'odsl', 'uipath']) {
      const other = await get<ProcessDetail>(
        gateway,
        at(await smokeTest(gateway, platform), '?include=native'),
      );
      expect(Object.keys(other.body.native ?? {})).not.toHaveLength(0);
    }
  });

  it('keeps strange characters in its id', async () => {
    const key = 'Umsatz 100 % – Größe?#+;=&"\'|~*';
    const odsl = stage.sandbox('odsl');
    const created = await fetch(`${odsl.url}/api/process/v1`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-token' },
      body: JSON.stringify({ _id: key, name: 'Revenue', script: 'Revenue' }),
    });
    expect(created.status).toBe(200);
    await get(gateway, '/v1/processes', { 'cache-control': 'no-cache' });
    const { body } = await list(gateway, '?name=revenue');
    const [process] = body.data;
    expect(body.data).toHaveLength(1);
    for (const path of [
      process?.links.self.href ?? '',
      process?.links.versions?.href ?? '',
      process?.links.package?.href ?? '',
    ]) {
      expect([path, (await get(gateway, path)).status]).toEqual([path, 200]);
    }
    const { headers } = await get(gateway, process?.links.package?.href ?? '');
    expect(headers['content-disposition']).toContain("filename*=UTF-8''Umsatz%20100");
  });
});

describe('an alias', () => {
  async function expectAlias(alias: string, id: string, version: string | null): Promise<void> {
    for (const rest of ['', '?include=native', '/versions', '/versions?limit=1', '/deployments']) {
      const { status, headers, body } = await get<ProcessDetail>(gateway, at(alias, rest));
      if (status === 501) continue;
      expect([alias, status, headers['content-location']]).toEqual([alias, 200, at(id, rest)]);
      if (rest === '') expect([body.id, body.resolvedVersion]).toEqual([id, version]);
    }
  }

  it('of UiPath is a package with its version, and a release by number or key', async () => {
    const id = await smokeTest(gateway, 'uipath');
    const { body } = await get<Collection<Deployment>>(gateway, at(id, '/deployments'));
    const [deployment] = body.data;
    await expectAlias(`${id}:1.0.0`, id, '1.0.0');
    const releases = Object.values(deployment?.nativeIds ?? {});
    expect(releases.length).toBeGreaterThan(1);
    for (const release of releases) await expectAlias(`uipath:${release}`, id, '1.0.0');
  });

  it('of Concord leaves out the organization, and the flow', async () => {
    const id = await smokeTest(gateway, 'concord');
    await expectAlias('concord:platform-checks:main:Smoke%20test', id, null);
    await expectAlias(
      'concord:platform-checks:main',
      'concord:Default:platform-checks:main:',
      null,
    );
  });

  it('of Frends is a version id, and the GUID in upper case', async () => {
    const { id, versions } = await mostVersioned(gateway, 'frends');
    const older = versions[3];
    await expectAlias(`frends:${older?.versionId ?? ''}`, id, older?.version ?? null);
    await expectAlias(`frends:${id.slice('frends:'.length).toUpperCase()}`, id, null);
  });

  it('that names a version downloads the package of that version', async () => {
    const { id, versions } = await mostVersioned(gateway, 'uipath');
    const older = versions[2]?.version ?? '';
    const { headers } = await get(gateway, at(`${id}:${older}`, '/package'));
    expect(headers['content-disposition']).toContain(`${older}.nupkg`);
  });
});

describe('what a platform cannot do', () => {
  it('is 404 of an id that cannot exist, and asks nothing of the platform either', async () => {
    stage.forget();
    for (const rest of ['/versions', '/deployments', '/package', '/versions/1?include=native']) {
      const { status, body } = await get(gateway, at('concord:nope', rest));
      expect([rest, status, body.code]).toEqual([rest, 404, 'not_found']);
    }
    expect(stage.requestCount()).toBe(0);
  });

  it('is 501, and asks nothing of the platform, even of a process that nobody has seen', async () => {
    const missing = [
      at(await smokeTest(gateway, 'concord'), '/versions'),
      at(await smokeTest(gateway, 'concord'), '/versions/latest'),
      at(await smokeTest(gateway, 'concord'), '/package'),
      at(await smokeTest(gateway, 'concord'), '/versions/1/package'),
      at(await smokeTest(gateway, 'concord'), '/deployments'),
      at('concord:some:other:process:', '/versions'),
      at(await smokeTest(gateway, 'odsl'), '/deployments'),
      at('odsl:NEVER_SEEN', '/deployments'),
      '/v1/connections/concord/targets',
    ];
    stage.forget();
    for (const path of missing) {
      const { status, body } = await get(gateway, path);
      expect([path, status, body.code]).toEqual([path, 501, 'capability_not_supported']);
      expect(body).toMatchObject({ retryable: false, outcome: null, upstream: null });
      expect(body.connection).toMatch(/^(concord|odsl)$/);
    }
    expect(stage.requestCount()).toBe(0);
  });
});

describe('an id that means nothing', () => {
  it.each([
    'uipath:NoSuchProcess',
    'uipath:SmokeTest:9.9.9',
    'uipath:999999999',
    'uipath:00000000-0000-4000-8000-000000000000',
    'concord:Default:no-such-project:main:default',
    'concord:Default:platform-checks:main:no-such-flow',
    'concord:a:b',
    'odsl:NO_SUCH',
    'odsl:*',
    'odsl:~LATEST',
    'odsl:..',
    'odsl:a%2Fb',
    'frends:00000000-0000-4000-8000-000000000000',
    'frends:999999',
    'frends:99999999999999999999999',
    'nowhere:process',
    'NoColon',
    'uipath:',
    ':key',
    'UIPATH:SmokeTest',
    `odsl:${'x'.repeat(1_500)}`,
    'odsl:\u0000',
    'odsl:\ud83d\ude80',
  ])('%s is 404', async (id) => {
    const { status, body } = await get(gateway, at(id));
    expect([status, body.code]).toEqual([404, 'not_found']);
    const known = ['uipath', 'concord', 'odsl', 'frends'].find((each) => id.startsWith(`${each}:`));
    if (known !== undefined && id !== 'uipath:') expect(body.connection).toBe(known);
  });

  it('is 400 where its percent-escapes are broken', async () => {
    for (const path of [
      '/v1/processes/%zz',
      '/v1/processes/odsl%3A%25zz',
      '/v1/processes/odsl:%FF',
    ]) {
      const { status, body } = await get(gateway, path);
      expect([path, status, body.code]).toEqual([path, 400, 'invalid_request']);
    }
  });

  it('is 404 as a connection, too', async () => {
    for (const path of ['/v1/connections/nowhere', '/v1/connections/nowhere/targets']) {
      expect((await get(gateway, path)).status).toBe(404);
    }
    expect((await post(gateway, '/v1/connections/nowhere/refresh')).status).toBe(404);
  });
});
