import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Deployment } from '../../src/domain/deployment.ts';
import type { ProcessDetail } from '../../src/domain/process.ts';
import type { Target } from '../../src/domain/target.ts';
import type { Version } from '../../src/domain/version.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get, list, nextOf, send } from '../support/http.ts';
import { mostVersioned, smokeTest, versionsOf } from '../support/reads.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
});
afterAll(() => stage.close());

const withVersions = ['frends', 'odsl', 'uipath'];

describe.each(withVersions)('the versions of a process of %s', (platform) => {
  let id: string;
  let versions: readonly Version[];
  beforeAll(async () => {
    ({ id, versions } = await mostVersioned(gateway, platform));
  });

  it('are walked by Link, newest first, every version once', async () => {
    expect(versions.length).toBeGreaterThan(9);
    const walked: string[] = [];
    let path: string | null = at(id, '/versions?limit=4');
    while (path !== null) {
      const page = await get<Collection<Version>>(gateway, path);
      expect([page.status, page.body.page.total]).toEqual([200, versions.length]);
      walked.push(...page.body.data.map(({ version }) => version));
      path = nextOf(page);
    }
    expect(walked).toEqual(versions.map(({ version }) => version));
    expect(new Set(walked).size).toBe(walked.length);
    const dates = versions.map(({ createdAt }) => createdAt ?? '');
    expect(dates).toEqual([...dates].sort().reverse());
    expect(versions.map(({ isLatest }) => isLatest)).toEqual(
      versions.map((_, index) => index === 0),
    );
  });

  it('can be asked for by whether they run', async () => {
    const those = async (active: boolean) =>
      (await get<Collection<Version>>(gateway, at(id, `/versions?active=${String(active)}`))).body
        .data;
    expect(await those(true)).toEqual(versions.filter(({ active }) => active === true));
    expect(await those(false)).toEqual(versions.filter(({ active }) => active === false));
  });

  it('come one by one, by number, as latest and live', async () => {
    for (const listed of versions) {
      const { status, body } = await get<Version>(gateway, listed.links.self.href);
      const said = Object.entries(listed).filter(([, value]) => value !== null);
      expect([status, body]).toMatchObject([200, Object.fromEntries(said)]);
    }
    const latest = await get<Version>(gateway, at(id, '/versions/latest'));
    expect(latest.body).toMatchObject({ version: versions[0]?.version, isLatest: true });
    const live = await get<Version>(gateway, at(id, '/versions/latest?include=native'));
    expect(Object.keys(live.body.native ?? {})).not.toHaveLength(0);
    expect(live.text).not.toContain('frends-secret');
  });

  it('have cursors that fit no other walk', async () => {
    const { body } = await get<Collection<Version>>(gateway, at(id, '/versions?limit=2'));
    const cursor = `cursor=${body.page.nextCursor ?? ''}`;
    const other = await smokeTest(gateway, platform);
    for (const path of [
      at(other, `/versions?${cursor}`),
      at(id, `/versions?active=true&${cursor}`),
    ]) {
      const { status, body: problem } = await get(gateway, path);
      expect([status, problem.code]).toEqual([400, 'invalid_request']);
    }
  });

  it('that are not there are 404', async () => {
    for (const rest of ['/versions/99999.99', '/versions/no-such', '/versions/99999.99/package']) {
      const { status, body } = await get(gateway, at(id, rest));
      expect([rest, status, body.code, body.connection]).toEqual([
        ...[rest, 404, 'not_found', platform],
      ]);
    }
  });
});

describe('a tag', () => {
  it('points at a version', async () => {
    const { body: own } = await list(gateway, '?platform=odsl&limit=200');
    const all = await Promise.all(own.data.map(({ id }) => versionsOf(gateway, id)));
    const tagged = all.flat().find(({ tags }) => tags.length > 0);
    const { body } = await get<Version>(
      gateway,
      at(tagged?.process ?? '', `/versions/${encodeURIComponent(tagged?.tags[0] ?? '')}`),
    );
    expect(body).toMatchObject({ version: tagged?.version, tags: tagged?.tags });
  });
});

describe('a package', () => {
  const bytes = async (url: string) => {
    const answer = await fetch(url, {
      headers: { authorization: 'Bearer sandbox-token', 'x-uipath-folderpath': 'Shared' },
    });
    expect(answer.status).toBe(200);
    return { headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };
  const download = (path: string) => bytes(`${gateway.baseUrl}${path}`);

  it('of UiPath is the .nupkg as it is', async () => {
    const { id, versions } = await mostVersioned(gateway, 'uipath');
    const version = versions[1]?.version ?? '';
    const name = id.slice('uipath:'.length);
    const { body, headers } = await download(at(id, `/versions/${version}/package`));
    const there = `${stage.sandbox('uipath').url}/acme/Production/orchestrator_/odata/Processes`;
    const direct = await bytes(
      `${there}/UiPath.Server.Configuration.OData.DownloadPackage(key='${name}:${version}')`,
    );
    expect(body.equals(direct.body)).toBe(true);
    expect(headers.get('content-length')).toBe(String(direct.body.length));
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename=.*\.nupkg"?$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('of Frends is the export file as it is', async () => {
    const { id, versions } = await mostVersioned(gateway, 'frends');
    const version = versions[2]?.version ?? '';
    const guid = id.slice('frends:'.length);
    const there = `${stage.sandbox('frends').url}/api/v1/processes/${guid}/versions/${version}`;
    const { body } = await download(at(id, `/versions/${version}/package`));
    expect(body.equals((await bytes(`${there}/export`)).body)).toBe(true);
  });

  it('of ODSL is its JSON', async () => {
    const { id, versions } = await mostVersioned(gateway, 'odsl');
    const version = versions[1]?.version ?? '';
    const there = `${stage.sandbox('odsl').url}/api/process/v1/${id.slice('odsl:'.length)}`;
    const { body } = await download(at(id, `/versions/${version}/package`));
    const direct = await bytes(`${there}/${version}`);
    expect(JSON.parse(body.toString())).toEqual(JSON.parse(direct.body.toString()));
  });

  it('without a version is the latest, and HEAD says only what it is', async () => {
    for (const platform of withVersions) {
      const id = await smokeTest(gateway, platform);
      const latest = await download(at(id, '/versions/latest/package'));
      const { body, headers } = await download(at(id, '/package'));
      expect([platform, body.equals(latest.body)]).toEqual([platform, true]);
      const head = await send(gateway, 'head', at(id, '/package'));
      expect(head.status).toBe(200);
      expect(head.headers).toMatchObject({
        'content-disposition': headers.get('content-disposition'),
      });
    }
  });
});

describe('deployments and targets', () => {
  it.each(['frends', 'uipath'])('of %s say what runs where', async (platform) => {
    const id = await smokeTest(gateway, platform);
    const listed = await get<Collection<Deployment>>(gateway, at(id, '/deployments'));
    const deployments = listed.body.data;
    expect(deployments).toHaveLength(1);
    const [deployment] = deployments;
    const { body } = await get<ProcessDetail>(gateway, at(id));
    expect(body.deployments).toEqual(deployments);
    expect(body.enabled).toBe(true);
    const link = deployment?.links.version?.href ?? '';
    expect((await get<Version>(gateway, link)).body).toMatchObject({ active: true });
    const targets = await get<Collection<Target>>(gateway, `/v1/connections/${platform}/targets`);
    const ids = targets.body.data.map((target) => [target.id, target.kind]);
    expect(ids).toContainEqual([deployment?.target.id, deployment?.target.kind]);
    const native = await get<Collection<Deployment>>(
      gateway,
      at(id, '/deployments?include=native'),
    );
    expect(Object.keys(native.body.data[0]?.native ?? {})).not.toHaveLength(0);
    expect(native.text).not.toContain('frends-secret');
  });
});
