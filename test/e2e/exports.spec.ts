import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { readZip } from '../../src/sandbox/kit/zip.ts';
import { eventually } from '../support/eventually.ts';
import { askExport, exported, item, openExport, told } from '../support/exports.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, type Collection, get } from '../support/http.ts';
import { mostVersioned, smokeTest } from '../support/reads.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

const packageOf = async (id: string, version: string): Promise<Buffer> => {
  const path = at(id, `/versions/${encodeURIComponent(version)}/package`);
  return Buffer.from(await (await fetch(`${gateway.baseUrl}${path}`)).arrayBuffer());
};

describe('an export', () => {
  it.each([
    ['uipath', 'nupkg'],
    ['odsl', 'json'],
  ])('of %s is an archive of packages, its digest after it', async (platform, ending) => {
    const smoke = await smokeTest(gateway, platform);
    const { id: some, versions } = await mostVersioned(gateway, platform);
    const [newest, ...older] = versions.map(({ version }) => version);
    const oldest = older.at(-1) ?? '';
    const items = [item(some, oldest), item(smoke), item(some, 'latest')];
    const { status, headers, trailers, bytes, digest } = await exported(gateway, items);
    expect([status, headers['content-type']]).toEqual([200, 'application/zip']);
    expect(headers).toMatchObject({
      'content-disposition': `attachment; filename=${platform}-export.zip`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'transfer-encoding': 'chunked',
      trailer: 'repr-digest',
    });
    expect(trailers).toEqual({ 'repr-digest': digest });
    const entries = readZip(bytes, () => true);
    const key = some.split(':')[1] ?? '';
    expect(entries.map(({ name }) => name)).toEqual([
      `${key}.${oldest}.${ending}`,
      expect.stringMatching(/^SMOKE_?TEST\.\d/i),
      `${key}.${newest}.${ending}`,
    ]);
    expect(entries[0]?.content.equals(await packageOf(some, oldest))).toBe(true);
    expect(entries[2]?.content.equals(await packageOf(some, 'latest'))).toBe(true);
  });

  it('of Frends is one file of the platform, its digest before it', async () => {
    const smoke = await smokeTest(gateway, 'frends');
    const list = await get<Collection<{ id: string }>>(gateway, '/v1/processes?connection=frends');
    const others = list.body.data.map(({ id }) => id).filter((id) => id !== smoke);
    const { status, headers, bytes, digest } = await exported(
      gateway,
      [smoke, ...others].map((id) => item(id)),
    );
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    if (bytes.length <= 1_024 ** 2) expect(headers['repr-digest']).toBe(digest);
    expect(headers['content-length']).toBe(String(bytes.length));
    const text = bytes.toString().replace(/^\uFEFF/, '');
    const { Processes } = JSON.parse(text) as { Processes: { UniqueIdentifier: string }[] };
    expect(Processes.map((each) => `frends:${each.UniqueIdentifier}`)).toEqual([smoke, ...others]);
    const asked = stage
      .sandbox('frends')
      .requests()
      .filter((line) => line.includes('export'));
    expect(asked).toHaveLength(1);
  });

  it('takes aliases, and the version that they name', async () => {
    const items = [item('uipath:VendorMasterSync:1.9.3'), item('uipath:vendormastersync')];
    const { bytes } = await exported(gateway, items);
    const [first, second] = readZip(bytes, () => true).map(({ name }) => name);
    expect(first).toBe('VendorMasterSync.1.9.3.nupkg');
    expect(second).toMatch(/^VendorMasterSync\.\d/);
  });

  it('is cut where a package breaks off, and the log says why', async () => {
    const fault = { kind: 'truncated' } as const;
    stage.sandbox('uipath').faults.add({ path: 'DownloadPackage.*VendorMasterSync', fault });
    const items = [item('uipath:SmokeTest'), item('uipath:VendorMasterSync')];
    const answer = await openExport(gateway, items, { 'x-request-id': 'cut-export' });
    expect(answer.statusCode).toBe(200);
    await expect(buffer(answer)).rejects.toThrow('aborted');
    expect(answer.trailers).toEqual({});
    await eventually(() => {
      const lines = gateway.logs().filter((each) => each['requestId'] === 'cut-export');
      const line = lines.find(({ msg }) => msg === 'A download broke off');
      expect(line).toMatchObject({ code: 'upstream_unavailable', path: '/v1/exports' });
    });
  });

  it('that the caller leaves asks its platform for nothing more', async () => {
    const sandbox = stage.sandbox('uipath');
    sandbox.faults.add({
      path: 'DownloadPackage.*SmokeTest',
      fault: { kind: 'latency', ms: 1_000 },
    });
    const items = ['VendorMasterSync', 'SmokeTest', 'PaymentRun'].map((id) => item(`uipath:${id}`));
    const answer = await openExport(gateway, items);
    answer.destroy();
    await new Promise((done) => setTimeout(done, 1_500));
    const downloads = sandbox.requests().filter((line) => line.includes('DownloadPackage'));
    expect(downloads.join()).not.toContain('PaymentRun');
  });

  it('is a problem where its platform is away, which changed nothing', async () => {
    const fault = { kind: 'status', status: 503 } as const;
    stage.sandbox('frends').faults.add({ path: 'batch-export', fault });
    const answer = await askExport(gateway, { items: [item(await smokeTest(gateway, 'frends'))] });
    expect(told(answer)).toEqual([503, 'upstream_unavailable', 'not_sent']);
    expect(answer.headers).not.toHaveProperty('content-disposition');
    expect(answer.body.retryable).toBe(true);
  });
});
