import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, PlatformAdapter } from '../../domain/adapter.ts';
import type { ProcessRecord } from '../../domain/process.ts';
import { frendsSandbox, frendsSandboxWith } from '../../sandbox/frends/frends.sandbox.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { FrendsConnector } from './frends.module.ts';

interface Envelope<T> {
  readonly data: T;
  readonly paging: { readonly totalCount: number };
}
interface Listed {
  readonly id: number;
  readonly uniqueIdentifier: string;
  readonly name: string;
  readonly version: number;
  readonly isDeleted: boolean;
  readonly isDraft: boolean;
  readonly isNotLatestVersion: boolean;
}

describe('the oddities of Frends', () => {
  let sandbox: Sandbox;
  let parts: AdapterParts;
  let everything: Envelope<readonly Listed[]>;
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);

  const open = (url: string, pageSize = 100): PlatformAdapter =>
    new FrendsConnector(upstreams).open({
      ...z.object(connectionFields).parse({ baseUrl: url }),
      id: 'frends-eu',
      platform: 'frends',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
      pageSize,
      blobHosts: [],
    });
  const call = async (method: string, path: string): Promise<Response> =>
    fetch(`${sandbox.url}/api/v1${path}`, {
      method,
      headers: { authorization: 'Bearer sandbox-token' },
    });
  const list = (): Promise<readonly ProcessRecord[]> => parts.processes.list(signal());
  const called = async (name: string): Promise<ProcessRecord> => {
    const found = (await list()).find((process) => process.name === name);
    if (found === undefined) throw new Error(`no process is called ${name}`);
    return found;
  };

  beforeAll(async () => {
    sandbox = await startSandbox(frendsSandbox);
    parts = open(sandbox.url).parts as AdapterParts;
    const answer = await call('GET', '/processes?PageSize=200');
    everything = (await answer.json()) as Envelope<readonly Listed[]>;
  });
  afterEach(() => {
    sandbox.faults.clear();
    sandbox.reset();
    sandbox.forget();
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  test('the list holds every version, deleted ones and drafts: a process is shown once, as its latest', async () => {
    const current = everything.data.filter(
      (each) => !each.isDeleted && !each.isDraft && !each.isNotLatestVersion,
    );
    expect(everything.paging.totalCount).toBeGreaterThan(3 * current.length);
    const shown = (await list()).map(({ key, latestVersion }) => `${key} ${latestVersion ?? ''}`);
    expect(shown.sort()).toEqual(
      current.map((each) => `${each.uniqueIdentifier} ${each.version}`).sort(),
    );
  });

  test('pages full of deleted versions do not end the walk', async () => {
    const small = open(sandbox.url, 10);
    const byKey = (a: ProcessRecord, b: ProcessRecord): number => (a.key < b.key ? -1 : 1);
    const processes = (await small.parts.processes?.list(signal())) ?? [];
    expect([...processes].sort(byKey)).toEqual([...(await list())].sort(byKey));
    const pages = sandbox.requests().filter((each) => /processes\?.*PageSize=10$/.test(each));
    expect(pages).toHaveLength(Math.ceil(everything.paging.totalCount / 10));
  });

  test('items are heavy, and nothing heavy is kept', async () => {
    const text = JSON.stringify(await list());
    for (const member of ['bpmn', 'elementParameters', 'graphData', 'processTemplate'])
      expect(text).not.toContain(member);
    expect(text).not.toContain('frends-secret');
  });

  test('one process is whole, with the values of its secret variables hidden', async () => {
    const details = await Promise.all(
      (await list()).map(({ key }) => parts.processes.get(key, signal())),
    );
    const text = JSON.stringify(details);
    for (const member of ['bpmn', 'processTemplate', 'ApiBaseUrl', '[redacted]'])
      expect(text).toContain(member);
    expect(text).not.toContain('frends-secret');
    expect(details.some((each) => each?.inputSchema?.['type'] === 'object')).toBe(true);
  });

  test('a GUID is found in any case, and a version id means process and version', async () => {
    const { key } = await called('Smoke test');
    const found = everything.data.find((each) => each.uniqueIdentifier === key);
    const resolve = (asked: string): unknown => parts.processes.resolve(asked, signal());
    expect(await resolve(key.toUpperCase())).toEqual({ key, version: null });
    expect(await resolve(String(found?.id))).toEqual({ key, version: '1' });
  });

  test('the id of a deleted version, of a draft or of nothing means nothing', async () => {
    const gone = everything.data.filter((each) => each.isDeleted || each.isDraft);
    const ids = [
      ...gone.slice(-4).map((each) => String(each.id)),
      '9223372036854775807',
      '0',
      '-1',
    ];
    for (const id of ids) expect(await parts.processes.resolve(id, signal())).toBeNull();
    const guids = gone.filter((each) => each.isDeleted).map((each) => each.uniqueIdentifier);
    expect(await parts.processes.resolve(guids[0] ?? '', signal())).toBeNull();
    expect(await parts.processes.get(guids[0] ?? '', signal())).toBeNull();
    expect(await parts.versions.list(guids[0] ?? '', signal())).toBeNull();
    expect(await parts.packages.download(guids[0] ?? '', '1', signal())).toBeNull();
  });

  test('a draft is no version of the process that it belongs to', async () => {
    const draft = everything.data.find((each) => each.isDraft);
    const versions = await parts.versions.list(draft?.uniqueIdentifier ?? '', signal());
    expect(versions?.map((each) => each.versionId)).not.toContain(String(draft?.id));
    expect(versions?.map((each) => each.version)).not.toContain('0');
  });

  test('versions count builds, newest first, and those that are deployed are active', async () => {
    const { key, latestVersion } = (await list()).reduce((most, each) =>
      Number(each.latestVersion) > Number(most.latestVersion) ? each : most,
    );
    const versions = (await parts.versions.list(key, signal())) ?? [];
    const builds = versions.map((each) => Number(each.version));
    expect(builds).toEqual(
      Array.from({ length: Number(latestVersion) }, (_, i) => builds.length - i),
    );
    const deployed = (await parts.deployments.list(key, signal())) ?? [];
    const active = versions.filter((each) => each.active === true).map((each) => each.version);
    expect(active.sort()).toEqual([...new Set(deployed.map((each) => each.version))].sort());
  });

  test('a process is enabled as long as some deployment has active triggers', async () => {
    const { key, enabled } = await called('Smoke test');
    expect(enabled).toBe(true);
    const [deployment] = (await parts.deployments.list(key, signal())) ?? [];
    await call('DELETE', `/process-deployments/${deployment?.id ?? ''}/activation`);
    expect((await called('Smoke test')).enabled).toBe(false);
    expect(await parts.processes.get(key, signal())).toMatchObject({
      enabled: false,
      deployments: [{ triggersActive: false, target: { kind: 'agent_group' } }],
    });
  });

  test('a deleted process is gone from the list, though the platform lists its versions', async () => {
    const { key } = await called('Smoke test');
    await call('DELETE', `/processes/${key}`);
    expect((await list()).map((process) => process.key)).not.toContain(key);
    expect(await parts.processes.get(key, signal())).toBeNull();
    expect(await parts.deployments.list(key, signal())).toBeNull();
  });

  test('an export is the same file by GUID and version and by version id', async () => {
    const { key } = await called('Smoke test');
    const files = await Promise.all(
      ['1', 'latest'].map(async (version) => {
        const file = await parts.packages.download(key, version, signal());
        if (file === null) throw new Error(`no package of ${version}`);
        return { ...file, bytes: await buffer(file.content) };
      }),
    );
    const [byNumber, byId] = files.map((file) => file.bytes);
    expect(byNumber).toEqual(byId);
    expect(byNumber?.subarray(0, 3)).toEqual(Buffer.from('\uFEFF'));
    expect(files[0]).toMatchObject({ fileName: 'Smoke test_1.json', length: byNumber?.length });
    const exports = sandbox.requests().filter((each) => each.endsWith('/export'));
    expect(exports.some((each) => each.includes('/versions/1/'))).toBe(true);
    expect(exports.some((each) => !each.includes('/versions/'))).toBe(true);
  });

  test('a sign-in page in place of an export is no package', async () => {
    const { key } = await called('Smoke test');
    sandbox.faults.add({ path: '/export', fault: { kind: 'html' } });
    await expect(parts.packages.download(key, '1', signal())).rejects.toMatchObject({
      code: 'upstream_contract',
    });
  });

  test('tags are asked for in batches, and every process has its own', async () => {
    expect((await called('Smoke test')).labels).toEqual(['platform', 'daily']);
    const asked = sandbox.requests().filter((each) => each.includes('/tags?'));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.length).toBeLessThan(4_000);
  });

  test('a release without tags and without a document of its own is served all the same', async () => {
    const old = await startSandbox(
      frendsSandboxWith({ execute: false, tags: false, document: false }),
    );
    const adapter = open(old.url);
    expect(await adapter.ping(signal())).toEqual({ version: null, build: {}, missing: [] });
    const processes = (await adapter.parts.processes?.list(signal())) ?? [];
    expect(processes).toHaveLength((await list()).length);
    expect(processes.every((process) => process.labels.length === 0)).toBe(true);
    await old.close();
  });

  test('an error of several lines is told in one', async () => {
    const detail = 'Process can not be read. \n Invoice intake - 0.1.0\r\n (Development)';
    const body = JSON.stringify({ title: 'Bad Request', status: 400, detail });
    sandbox.faults.add({ path: '/processes', fault: { kind: 'status', status: 400, body } });
    await expect(list()).rejects.toMatchObject({
      code: 'upstream_rejected',
      details: {
        upstream: { message: 'Process can not be read. Invoice intake - 0.1.0 (Development)' },
      },
    });
  });

  test('targets are agent groups, called by environment and name', async () => {
    const targets = await parts.targets.list(signal());
    expect(targets).toContainEqual({
      id: '3',
      name: 'Production / Production Cloud',
      kind: 'agent_group',
    });
    expect(targets).toHaveLength(5);
  });
});
