import { describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { readZip } from '../../sandbox/kit/zip.ts';
import { AskedUipath } from './uipath.testing.ts';

const uipath = new AskedUipath();
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const item = (key: string, version: string | null = null) => ({ key, version });

/** The bytes of one package. */
async function bytesOf(key: string, version: string): Promise<Buffer> {
  const file = await uipath.part('packages').download(key, version, signal());
  if (file === null) throw new Error(`no package ${key} ${version}`);
  return buffer(file.content);
}

describe('an export of several packages', () => {
  test('is an archive of them as they are, one call each', async () => {
    const items = [item('VendorMasterSync', '1.9.3'), item('SmokeTest'), item('VendorMasterSync')];
    const file = await uipath.part('export').export(items, signal());
    expect(file).toMatchObject({
      fileName: 'uipath-eu-export.zip',
      mediaType: 'application/zip',
      length: null,
    });
    const entries = readZip(await buffer(file.content), () => true);
    const latest = (await uipath.part('versions').get('VendorMasterSync', 'latest', signal()))
      ?.version;
    expect(entries.map(({ name }) => name)).toEqual([
      'VendorMasterSync.1.9.3.nupkg',
      'SmokeTest.1.0.0.nupkg',
      `VendorMasterSync.${latest}.nupkg`,
    ]);
    expect(uipath.asked('DownloadPackage')).toHaveLength(3);
    expect(uipath.asked("GetProcessVersions(processId='VendorMasterSync')").length).toBe(2);
    expect(entries[1]?.content.equals(await bytesOf('SmokeTest', '1.0.0'))).toBe(true);
  });

  test('names what is not there, and downloads nothing', async () => {
    const items = [item('SmokeTest'), item('NoSuch'), item('SmokeTest', '9.9.9'), item('a:b')];
    await expect(uipath.part('export').export(items, signal())).rejects.toMatchObject({
      code: 'not_found',
      details: {
        connection: 'uipath-eu',
        errors: [
          { at: 'items[1].process' },
          { at: 'items[2].version' },
          { at: 'items[3].process' },
        ],
      },
    });
    expect(uipath.asked('DownloadPackage')).toEqual([]);
  });

  test('has no version twice, however it is spelt', async () => {
    const items = [item('SmokeTest', '1.0'), item('SmokeTest', '1.0.0')];
    await expect(uipath.part('export').export(items, signal())).rejects.toMatchObject({
      code: 'invalid_request',
      details: { errors: [{ at: 'items[1]' }] },
    });
  });

  test('whose first package is none is an error, before anything is given', async () => {
    uipath.sandbox.faults.add({ path: 'DownloadPackage', fault: { kind: 'html' } });
    const items = [item('SmokeTest'), item('VendorMasterSync')];
    await expect(uipath.part('export').export(items, signal())).rejects.toMatchObject({
      code: 'upstream_contract',
    });
  });

  test.each([
    ['is none', { kind: 'html' }, 'upstream_contract'],
    ['went away meanwhile', { kind: 'status', status: 404 }, 'not_found'],
    ['breaks off', { kind: 'truncated' }, 'upstream_unavailable'],
  ] as const)('one of whose packages %s breaks off', async (_name, fault, code) => {
    uipath.sandbox.faults.add({ path: 'DownloadPackage.*VendorMasterSync', fault });
    const items = [item('SmokeTest'), item('VendorMasterSync')];
    const { content } = await uipath.part('export').export(items, signal());
    await expect(buffer(content)).rejects.toMatchObject({ code });
  });

  test('that nobody wants any more asks for nothing more', async () => {
    uipath.sandbox.faults.add({ path: 'DownloadPackage.*VendorMaster', fault: { kind: 'hang' } });
    const abort = new AbortController();
    const items = [item('SmokeTest'), item('VendorMasterSync'), item('PaymentRun')];
    const { content } = await uipath.part('export').export(items, abort.signal);
    setTimeout(() => {
      abort.abort();
    }, 100);
    await expect(buffer(content)).rejects.toThrow();
    expect(uipath.asked('PaymentRun').some(({ url }) => url.includes('Download'))).toBe(false);
  });
});
