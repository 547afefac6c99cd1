import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Deployment } from '../../src/domain/deployment.ts';
import type { Process, ProcessDetail } from '../../src/domain/process.ts';
import type { Run } from '../../src/domain/run.ts';
import type { Version } from '../../src/domain/version.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get, list, post, send } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';
import { versionsOf } from '../support/reads.ts';
import { newKey, start } from '../support/runs.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;
/** A process with a release in the folder, and versions that the release can be moved to. */
let process: Process;
let versions: readonly Version[];
let release: string;
let alias: string;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  const { body } = await list(gateway, '?platform=uipath&enabled=true&limit=200');
  for (const each of body.data) {
    const found = await versionsOf(gateway, each.id);
    if (found.length > 4) [process, versions] = [each, found];
  }
  const path = at(process.id, '/deployments');
  const deployments = await get<Collection<Deployment>>(gateway, path);
  release = deployments.body.data[0]?.nativeIds['id'] ?? '';
  alias = `uipath:${release}`;
});
beforeEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

/** Moves the release, as a person does on the platform's own pages. */
async function move(packageVersion: string): Promise<void> {
  const base = `${stage.sandbox('uipath').url}/acme/Production/orchestrator_`;
  const call = `UiPath.Server.Configuration.OData.UpdateToSpecificPackageVersion`;
  const answer = await fetch(`${base}/odata/Releases(${release})/${call}`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sandbox-token',
      'content-type': 'application/json',
      'x-uipath-folderpath-encoded': Buffer.from('Shared', 'utf16le').toString('base64'),
    },
    body: JSON.stringify({ packageVersion }),
  });
  expect([answer.status, await answer.text()]).toEqual([200, expect.anything()]);
}

const versionAt = (place: number) => versions[place]?.version ?? '';

describe('an alias whose meaning changes on the platform', () => {
  const resolved = async (query = '', headers = {}) =>
    (await get<ProcessDetail>(gateway, at(alias, query), headers)).body.resolvedVersion;

  it('is read anew by a call that lets nothing older pass', async () => {
    await move(versionAt(1));
    expect(await resolved('', { 'cache-control': 'no-cache' })).toBe(versionAt(1));
    await move(versionAt(2));
    expect(await resolved('', { 'cache-control': 'no-cache' })).toBe(versionAt(2));
    await move(versionAt(3));
    expect(await resolved('', { 'cache-control': 'max-age=0' })).toBe(versionAt(3));
    // Who asks for nothing takes what is kept.
    await move(versionAt(1));
    expect(await resolved()).toBe(versionAt(3));
  });

  it('is what it means now where the answer is live: whole, and as bytes', async () => {
    await move(versionAt(1));
    expect(await resolved('', { 'cache-control': 'no-cache' })).toBe(versionAt(1));
    await move(versionAt(2));
    expect(await resolved('?include=native')).toBe(versionAt(2));
    const { headers } = await get(gateway, at(alias, '/package'));
    expect(headers['content-disposition']).toContain(`${versionAt(2)}.nupkg`);
    // The alias is a release, which names a version: the latest may be another one.
    expect(headers['content-location']).toBe(at(process.id, `/versions/${versionAt(2)}/package`));
    const canonical = await get(gateway, at(process.id, '/package'));
    expect(canonical.headers).not.toHaveProperty('content-location');
  });

  it('is told as what stands in while the platform cannot say it', async () => {
    await get(gateway, at(alias), { 'cache-control': 'no-cache' });
    stage.sandbox('uipath').faults.add({
      path: String.raw`odata/Releases\(`,
      fault: { kind: 'status', status: 500 },
    });
    const { status, headers } = await get(gateway, at(alias), { 'cache-control': 'no-cache' });
    expect(status).toBe(200);
    expect(headers['cache-status']).toContain('detail=stale-if-error');
  });

  it('makes an answer as old as what is known of it', async () => {
    await get(gateway, at(alias), { 'cache-control': 'no-cache' });
    const { headers } = await get(gateway, at(alias), { 'cache-control': 'max-age=20' });
    expect(headers['cache-status']).toMatch(/^process-gateway; hit; ttl=\d+$/);
    await get(gateway, at(process.id), { 'cache-control': 'no-cache' });
    const forwarded = await get(gateway, at(`${process.id}:${versionAt(4)}`));
    expect(forwarded.headers['cache-status']).toBe('process-gateway; fwd=uri-miss; stored');
  });
});

describe('an alias in place of the id of a process', () => {
  it('is another request for an Idempotency-Key, however the id itself is written', async () => {
    const key = newKey();
    const first = await start(gateway, 'uipath:SmokeTest', {}, key);
    expect(first.status).toBe(202);
    stage.forget();
    const other = await start<Problem>(gateway, 'uipath:SmokeTest:1.0.0', {}, key);
    expectProblem(other, 'idempotency_key_reused');
    expect([other.body.outcome, stage.requestCount()]).toEqual(['not_sent', 0]);
    const again = await post<Run>(gateway, '/v1/processes/uipath:Smoke%54est/runs', key);
    expect([again.body.id, again.headers['idempotency-replayed']]).toEqual([first.body.id, '?1']);
  });
});

describe('an alias of a version', () => {
  it.each([
    ['delete', (version: string) => `/versions/${version}`, undefined],
    ['patch', (version: string) => `/versions/${version}`, { active: true }],
    ['post', () => '/deployments', {}],
  ] as const)('is no way to change another one (%s)', async (method, rest, body) => {
    const version = versionAt(3);
    const named = `${process.id}:${versionAt(2)}`;
    const json = { ...body, ...(method === 'post' ? { version } : {}) };
    const headers = { 'content-type': 'application/json' };
    const said = body === undefined ? {} : { headers, body: JSON.stringify(json) };
    const path = at(named, `${rest(version)}?validateOnly=true`);
    const answer = await send(gateway, method, path, said);
    expectProblem(answer, 'invalid_request');
    expect(answer.body.detail).toContain(`"${named}" names version ${versionAt(2)}`);
    expect(answer.body['errors']).toEqual([{ at: 'id', message: `must be ${process.id}` }]);
    const own = at(`${process.id}:${version}`, `${rest(version)}?validateOnly=true`);
    expect((await send(gateway, method, own, said)).status).not.toBe(400);
  });
});

describe('a call that lets nobody ask the platform', () => {
  const onlyKept = { 'cache-control': 'only-if-cached' };

  it('is refused where nothing is kept of what an id means, and asks nothing', async () => {
    for (const id of [`${process.id}:${versionAt(3)}`, 'uipath:4711', 'odsl:NEVER_SEEN']) {
      for (const rest of ['', '/versions', '/versions/latest']) {
        expectProblem(await get(gateway, at(id, rest), onlyKept), 'not_cached');
      }
    }
    expect(stage.requestCount()).toBe(0);
  });

  it('is refused where the answer would be live, and asks nothing', async () => {
    for (const id of [process.id, alias]) {
      for (const rest of ['?include=native', '/package', '/versions/latest?include=native']) {
        expectProblem(await get(gateway, at(id, rest), onlyKept), 'not_cached');
      }
    }
    expect(stage.requestCount()).toBe(0);
  });

  it('is answered from what is kept', async () => {
    await get(gateway, at(alias));
    stage.forget();
    const { status, body } = await get<ProcessDetail>(gateway, at(alias), onlyKept);
    expect([status, body.id]).toEqual([200, process.id]);
    expect(stage.requestCount()).toBe(0);
  });
});

describe('what is not there', () => {
  it('is 404 whatever else is wrong with the request', async () => {
    for (const path of [
      '/v1/connections/nope?x=1',
      '/v1/connections/nope/targets?x=1',
      '/v1/processes/nope:a?x=1',
      '/v1/processes/nope:a/versions?limit=many',
      '/v1/processes/nope:a/package?x=1',
      '/v1/processes/NoColon/versions/1/package?x=1',
    ]) {
      expectProblem(await get(gateway, path), 'not_found');
    }
    const refresh = await fetch(`${gateway.baseUrl}/v1/connections/nope/refresh`, {
      method: 'POST',
      headers: { prefer: 'wait=x' },
    });
    expect(refresh.status).toBe(404);
  });

  it('is not looked for on a platform for a request that is refused anyway', async () => {
    expectProblem(await get(gateway, '/v1/processes/uipath:Nope?x=1'), 'invalid_request');
    expect(stage.requestCount()).toBe(0);
  });
});
