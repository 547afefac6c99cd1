import { describe, expect, test } from '@jest/globals';
import { text } from 'node:stream/consumers';
import { ChangingFrends } from './frends.testing.ts';

const frends = new ChangingFrends();

const item = (name: string, version: string | null = null) => ({ key: frends.key(name), version });

interface Exported {
  readonly Processes: readonly { readonly UniqueIdentifier: string; readonly Version: number }[];
}

/** A process with several versions, and its numbers. */
async function manyVersions(): Promise<{ readonly key: string; readonly versions: string[] }> {
  for (const { key, latestVersion } of await frends.parts.processes.list(frends.signal())) {
    if (Number(latestVersion) < 2) continue;
    const versions = (await frends.parts.versions.list(key, frends.signal())) ?? [];
    return { key, versions: versions.map(({ version }) => version) };
  }
  throw new Error('no process has several versions');
}

describe('an export of several builds', () => {
  test('is one file of the tenant, in one call, in the order that was asked for', async () => {
    const { key, versions } = await manyVersions();
    const [newest = '', ...older] = versions;
    const oldest = older.at(-1) ?? '';
    const smoke = item('Smoke test');
    frends.sandbox.forget();
    const items = [{ key, version: oldest }, smoke, { key, version: null }];
    const file = await frends.parts.export.export(items, frends.signal());
    const content = await text(file.content);
    expect(file).toMatchObject({
      fileName: 'processes.json',
      mediaType: 'application/json',
      length: Buffer.byteLength(content) + 3,
      sha256: null,
    });
    const { Processes } = JSON.parse(content) as Exported;
    expect(Processes.map((each) => [each.UniqueIdentifier, String(each.Version)])).toEqual([
      [key, oldest],
      [smoke.key, '1'],
      [key, newest],
    ]);
    const exports = frends.sandbox.requests().filter((line) => line.includes('export'));
    expect(exports).toEqual([
      expect.stringMatching(/^GET \/api\/v1\/processes\/batch-export\?ids=\d+&ids=\d+&ids=\d+$/),
    ]);
  });

  test('names what is not there, and is not asked for', async () => {
    const items = [
      item('Smoke test'),
      item('Smoke test', '99'),
      { key: '00000000-0000-4000-8000-000000000000', version: null },
      { key: 'none', version: '1' },
    ];
    await expect(frends.parts.export.export(items, frends.signal())).rejects.toMatchObject({
      code: 'not_found',
      details: {
        connection: 'frends-eu',
        platform: 'frends',
        errors: [
          { at: 'items[1].version' },
          { at: 'items[2].process' },
          { at: 'items[3].process' },
        ],
      },
    });
    expect(frends.sandbox.requests().join()).not.toContain('batch-export');
  });

  test('has no build twice', async () => {
    const items = [item('Smoke test', '1'), item('Smoke test')];
    await expect(frends.parts.export.export(items, frends.signal())).rejects.toMatchObject({
      code: 'invalid_request',
      details: { errors: [{ at: 'items[1]' }] },
    });
  });

  test.each([
    ['went away meanwhile', { kind: 'status', status: 404 }, 'not_found'],
    ['are answered by a web page', { kind: 'html' }, 'upstream_contract'],
    ['cannot be gathered', { kind: 'status', status: 503 }, 'upstream_unavailable'],
  ] as const)('of builds that %s is an error', async (_name, fault, code) => {
    frends.sandbox.faults.add({ path: 'batch-export', fault });
    const items = [item('Smoke test')];
    await expect(frends.parts.export.export(items, frends.signal())).rejects.toMatchObject({
      code,
    });
  });

  test('that breaks off fails', async () => {
    frends.sandbox.faults.add({ path: 'batch-export', fault: { kind: 'truncated' } });
    const { content } = await frends.parts.export.export([item('Smoke test')], frends.signal());
    await expect(text(content)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});
