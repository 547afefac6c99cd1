import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ProcessRecord } from '../../src/domain/process.ts';
import { platforms } from '../../src/platforms/all.ts';
import { sandboxes } from '../../src/sandbox/index.ts';
import { type Sandbox, watchers } from '../../src/sandbox/kit/sandbox.ts';
import { type OpenAdapter, openAdapter } from '../support/open-adapter.ts';

/** Large lists are many requests, on machines that do other things as well. */
jest.setTimeout(240_000);

const size = 20_000;
/** The largest pages that platforms give. */
const pageSizes: Readonly<Record<string, number>> = { uipath: 1_000, frends: 200 };

/** Every request is held against the API documents, and one answer in fifty: with all of them it would take minutes. */
const sampleEvery = 50;
const all = [...watchers];
let exchanges = 0;
watchers.clear();
watchers.add((platform, exchange) => {
  exchanges += 1;
  const isSampled = exchanges % sampleEvery === 1;
  const shown = isSampled ? exchange : { ...exchange, responseBody: null };
  for (const watch of all) watch(platform, shown);
});

describe.each(platforms)(`$title with ${size} processes`, (platform) => {
  let sandbox: Sandbox;
  let open: OpenAdapter;
  let list: readonly ProcessRecord[];

  beforeAll(async () => {
    const start = sandboxes[platform.sandbox];
    if (start === undefined) throw new Error(`${platform.name} has no sandbox`);
    const pageSize = pageSizes[platform.name];
    sandbox = await start({ size });
    open = openAdapter(platform, sandbox.url, {
      timeout: '60s',
      ...(pageSize === undefined ? {} : { pageSize }),
    });
    list = (await open.adapter.parts.processes?.list(AbortSignal.timeout(200_000))) ?? [];
  });
  afterAll(async () => {
    await open.close();
    await sandbox.close();
  });

  test('is listed whole, each process once', () => {
    expect(list).toHaveLength(size);
    expect(new Set(list.map(({ key }) => key)).size).toBe(size);
    expect(list.filter(({ name }) => name === 'Smoke test')).toHaveLength(1);
  });

  test('is the same company as a small one, and more of it', () => {
    const departments = new Set(list.flatMap(({ labels }) => labels));
    expect(departments.size).toBeLessThan(100);
    expect(new Set(list.map(({ enabled }) => enabled)).size).toBeGreaterThan(1);
  });

  test('opens any of them', async () => {
    for (const item of [list[0], list[size / 2], list.at(-1)]) {
      const key = item?.key ?? '';
      const found = await open.adapter.parts.processes?.get(key, AbortSignal.timeout(60_000));
      expect(found).toMatchObject({ key, name: item?.name });
    }
  });
});
