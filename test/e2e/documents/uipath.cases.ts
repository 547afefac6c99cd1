import { expect } from '@jest/globals';
import type { ProcessDetail } from '../../../src/domain/process.ts';
import type { Version } from '../../../src/domain/version.ts';
import { readNupkg } from '../../../src/sandbox/uipath/nupkg.ts';
import { at, type Collection, get, list, type Serving } from '../../support/http.ts';
import { packageOf } from '../../support/imports.ts';
import { mostVersioned, versionsOf } from '../../support/reads.ts';
import type { DocumentCases } from './document-case.ts';
import { changeCases } from './uipath-change.cases.ts';
import { releaseCases } from './uipath-release.cases.ts';
import { uploadCases } from './uipath-upload.cases.ts';

/** The one release of the smoke test, and what it runs. */
async function smokeRelease(
  gateway: Serving,
): Promise<{ number: string; key: string; version: string | null }> {
  const { body } = await get<ProcessDetail>(gateway, at('uipath:SmokeTest'));
  const [release] = body.deployments ?? [];
  if (release === undefined) throw new Error('the smoke test has no release');
  const { id: number = '', key = '' } = release.nativeIds;
  return { number, key, version: release.version };
}

async function leadsToSmokeTest(
  gateway: Serving,
  alias: string,
  version: string | null,
): Promise<void> {
  const { status, headers, body } = await get<ProcessDetail>(gateway, at(`uipath:${alias}`));
  expect([status, body.id, body.resolvedVersion]).toEqual([200, 'uipath:SmokeTest', version]);
  expect(headers['content-location']).toBe(at('uipath:SmokeTest'));
}

const reads: DocumentCases = {
  'processes.get(is_active)': async ({ gateway }) => {
    for (const active of [true, false]) {
      const { body } = await list(
        gateway,
        `?connection=uipath&limit=200&enabled=${String(active)}`,
      );
      expect(body.data.length).toBeGreaterThan(0);
      for (const { id } of body.data.slice(0, 3)) {
        const { body: found } = await get<ProcessDetail>(gateway, at(id));
        expect([id, (found.deployments ?? []).length > 0]).toEqual([id, active]);
      }
    }
  },

  'processes.get(is_latest=True)': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=uipath&limit=200');
    const ids = body.data.map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([body.page.total, ids.length]);
    const { id, versions } = await mostVersioned(gateway, 'uipath');
    const listed = body.data.find((each) => each.id === id);
    expect(listed?.latestVersion).toBe(versions.find(({ isLatest }) => isLatest)?.version);
  },

  'processes.get(package_key, is_latest=True)': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=uipath&key=SmokeTest');
    expect(body.data.map(({ id, latestVersion }) => [id, latestVersion])).toEqual([
      ['uipath:SmokeTest', '1.0.0'],
    ]);
  },

  'processes.get(package_key)': async ({ gateway }) => {
    const { id } = await mostVersioned(gateway, 'uipath');
    const { status, body } = await get<Collection<Version>>(gateway, at(id, '/versions'));
    expect([status, body.data.length]).toEqual([200, (await versionsOf(gateway, id)).length]);
    expect(body.data.length).toBeGreaterThan(3);
    expect(body.data.map(({ isLatest }) => isLatest).indexOf(true)).toBe(0);
  },

  'processes.get(package_key, is_active)': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'uipath');
    for (const active of [true, false]) {
      const path = at(id, `/versions?active=${String(active)}&limit=200`);
      const { body } = await get<Collection<Version>>(gateway, path);
      expect(body.data.map(({ version }) => version)).toEqual(
        versions.filter((each) => each.active === active).map(({ version }) => version),
      );
    }
  },

  'processes.get()': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=uipath&include=versions&limit=50');
    const data = body.data as unknown as readonly { id: string; versions: readonly Version[] }[];
    expect(data).toHaveLength(body.page.total ?? -1);
    const { id, versions } = await mostVersioned(gateway, 'uipath');
    const found = data.find((each) => each.id === id)?.versions ?? [];
    expect(found.map(({ version }) => version)).toEqual(versions.map(({ version }) => version));
  },

  'processes.get_by_id(Id:Version)': ({ gateway }) =>
    leadsToSmokeTest(gateway, 'SmokeTest:1.0.0', '1.0.0'),

  'processes.get_by_id(number of a release)': async ({ gateway }) => {
    const { number, version } = await smokeRelease(gateway);
    await leadsToSmokeTest(gateway, number, version);
  },

  'processes.get_by_id(key of a release)': async ({ gateway }) => {
    const { key, version } = await smokeRelease(gateway);
    await leadsToSmokeTest(gateway, key, version);
  },

  'processes.get_by_key(key)': async ({ gateway }) => {
    const { status, body } = await get<ProcessDetail>(gateway, at('uipath:SmokeTest'));
    expect([status, body.id, body.resolvedVersion]).toEqual([200, 'uipath:SmokeTest', null]);
    expect(body.name).toBe('Smoke test');
  },

  'processes.download(process_id)': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'uipath');
    const oldest = versions.at(-1)?.version ?? '';
    const spec = readNupkg(await packageOf(gateway, id, oldest));
    expect([spec?.id, spec?.version]).toEqual([id.slice('uipath:'.length), oldest]);
  },
};

/** What becomes of the calls that the documents of UiPath name. */
export const uipathCases: DocumentCases = {
  ...reads,
  ...uploadCases,
  ...changeCases,
  ...releaseCases,
};
