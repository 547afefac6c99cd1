import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Operation } from '../../../src/domain/operation.ts';
import type { ProcessDetail } from '../../../src/domain/process.ts';
import type { Version } from '../../../src/domain/version.ts';
import type { Problem } from '../../../src/http/problem.ts';
import { change } from '../../support/changes.ts';
import { exported, item } from '../../support/exports.ts';
import { type Answer, at, get, list, type Serving } from '../../support/http.ts';
import { importFile, packageOf } from '../../support/imports.ts';
import { mostVersioned, smokeTest, versionsOf } from '../../support/reads.ts';
import { type DocumentCases, effectsOn, type Given } from './document-case.ts';

interface ExportFile {
  readonly Processes: readonly Readonly<Record<string, unknown>>[];
}

interface PlacedDeployment {
  readonly triggersActive: boolean;
  readonly agentGroup: { readonly displayName: string };
}

const guidOf = (id: string): string => id.slice('frends:'.length);
const waiting = { prefer: 'wait=40' };

function readExport(bytes: Buffer): ExportFile {
  return JSON.parse(bytes.toString().replace(/^\uFEFF/, '')) as ExportFile;
}

/** An export file of a process that nobody has yet. */
async function newExport(gateway: Serving, name: string): Promise<{ guid: string; file: Buffer }> {
  const whole = readExport(await packageOf(gateway, await smokeTest(gateway, 'frends')));
  const guid = randomUUID();
  const Processes = whole.Processes.map((each) => ({
    ...each,
    UniqueIdentifier: guid,
    Name: name,
  }));
  return { guid, file: Buffer.from(`\uFEFF${JSON.stringify({ ...whole, Processes })}`) };
}

const importedAs = <T = Operation>(
  gateway: Serving,
  file: Buffer,
  onConflict: string,
  connection = 'frends',
): Promise<Answer<T>> => importFile<T>(gateway, file, { connection, onConflict }, waiting);

/** A process that came by an import. */
async function newProcess(gateway: Serving, name: string): Promise<{ guid: string; file: Buffer }> {
  const made = await newExport(gateway, name);
  const { status, text } = await importedAs(gateway, made.file, 'error');
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return made;
}

/** What is deployed of a process, as the platform itself says. */
async function deployed({ stage }: Given, guid: string): Promise<readonly PlacedDeployment[]> {
  const { url } = stage.sandbox('frends');
  const answer = await fetch(`${url}/api/v1/process-deployments?processGuid=${guid}`, {
    headers: { authorization: 'Bearer sandbox-token' },
  });
  return ((await answer.json()) as { data: PlacedDeployment[] }).data;
}

const importsOf = (given: Given, guid: string): number =>
  effectsOn(given, 'frends', 'process.imported', { guid });

const reads: DocumentCases = {
  'GET /api/v1/processes?PageNumber': async ({ gateway }) => {
    const first = await list(gateway, '?connection=frends&limit=10');
    const cursor = encodeURIComponent(first.body.page.nextCursor ?? '');
    const second = await list(gateway, `?connection=frends&limit=10&cursor=${cursor}`);
    const all = await list(gateway, '?connection=frends&limit=200');
    expect([...first.body.data, ...second.body.data].map(({ id }) => id)).toEqual(
      all.body.data.slice(0, 20).map(({ id }) => id),
    );
  },

  'GET /api/v1/processes?PageSize': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=frends&limit=5');
    expect(body.data).toHaveLength(5);
    expect(body.page.total).toBeGreaterThanOrEqual(26);
  },

  'GET /api/v1/processes?processGuid': async ({ gateway }) => {
    const id = await smokeTest(gateway, 'frends');
    const { body } = await list(gateway, `?connection=frends&key=${guidOf(id)}`);
    expect(body.data.map((each) => each.id)).toEqual([id]);
  },

  'GET /api/v1/processes?processName': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=frends&name=invoice');
    expect(body.data.length).toBeGreaterThan(1);
    for (const { name } of body.data) expect(name).toMatch(/invoice/i);
  },

  'GET /api/v1/processes/{processGuid}/versions/{processVersion}': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'frends');
    const oldest = versions.at(-1);
    const path = at(id, `/versions/${oldest?.version ?? ''}`);
    const { status, body } = await get<Version>(gateway, path);
    expect([status, body.versionId]).toEqual([200, oldest?.versionId]);
    expect(body.process).toBe(id);
  },

  'GET /api/v1/processes/{id}': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'frends');
    const oldest = versions.at(-1);
    const path = at(`frends:${oldest?.versionId ?? ''}`);
    const { status, headers, body } = await get<ProcessDetail>(gateway, path);
    expect([status, body.id, body.resolvedVersion]).toEqual([200, id, oldest?.version]);
    expect(headers['content-location']).toBe(at(id));
    const whole = at(id, `/versions/${body.resolvedVersion ?? ''}`);
    expect((await get<Version>(gateway, whole)).body.versionId).toBe(oldest?.versionId);
  },
};

const changes: DocumentCases = {
  'DELETE /api/v1/processes/{processGuid}': async (given) => {
    const { gateway } = given;
    const [process] = (await list(gateway, '?connection=frends&name=payment%20run')).body.data;
    const id = process?.id ?? '';
    expect((await deployed(given, guidOf(id))).length).toBeGreaterThan(0);
    const asked = await change<Problem>(gateway, 'delete', at(id));
    expect([asked.status, asked.body['confirm']]).toEqual([409, 'undeploy']);
    const answer = await change(gateway, 'delete', at(id, '?confirm=undeploy'));
    expect([answer.status, (await get(gateway, at(id))).status]).toEqual([204, 404]);
    expect(await deployed(given, guidOf(id))).toEqual([]);
    expect(effectsOn(given, 'frends', 'process.deleted', { guid: guidOf(id) })).toBe(1);
  },
};

const exportCases: DocumentCases = {
  'GET /api/v1/processes/{processGuid}/versions/{processVersion}/export': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'frends');
    const oldest = versions.at(-1)?.version ?? '';
    const { Processes } = readExport(await packageOf(gateway, id, oldest));
    expect(Processes).toMatchObject([{ UniqueIdentifier: guidOf(id), Version: Number(oldest) }]);
  },

  'GET /api/v1/processes/{id}/export': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'frends');
    const { version = '', versionId } = versions.at(-1) ?? {};
    const answer = await fetch(`${gateway.baseUrl}${at(`frends:${versionId ?? ''}`, '/package')}`);
    expect(answer.status).toBe(200);
    const { Processes } = readExport(Buffer.from(await answer.arrayBuffer()));
    expect(Processes).toMatchObject([{ UniqueIdentifier: guidOf(id), Version: Number(version) }]);
  },

  'GET /api/v1/processes/batch-export?ids': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'frends');
    const smoke = await smokeTest(gateway, 'frends');
    const [latest] = await versionsOf(gateway, smoke);
    const oldest = versions.at(-1)?.version ?? '';
    const items = [item(id, oldest), item(`frends:${latest?.versionId ?? ''}`)];
    const { status, bytes } = await exported(gateway, items);
    expect(status).toBe(200);
    expect(readExport(bytes).Processes).toMatchObject([
      { UniqueIdentifier: guidOf(id), Version: Number(oldest) },
      { UniqueIdentifier: guidOf(smoke) },
    ]);
  },
};

/** A further process is made of what stands, and its triggers are so in Development. */
async function makesAnother(given: Given, onConflict: string, isActive: boolean): Promise<void> {
  const { gateway } = given;
  const { guid, file } = await newProcess(gateway, `Documented ${onConflict}`);
  const { status, body } = await importedAs(gateway, file, onConflict);
  const [made] = body.result?.items ?? [];
  expect([status, made?.effect]).toEqual([200, 'created']);
  const other = guidOf(made?.process ?? '');
  expect(other).not.toBe(guid);
  expect([importsOf(given, guid), importsOf(given, other)]).toEqual([1, 1]);
  expect((await get(gateway, at(`frends:${other}`))).status).toBe(200);
  expect(await versionsOf(gateway, `frends:${guid}`)).toHaveLength(1);
  expect(await deployed(given, other)).toMatchObject([
    { triggersActive: isActive, agentGroup: { displayName: 'Development' } },
  ]);
  for (const connection of ['odsl', 'uipath']) await isNotDone(gateway, onConflict, connection);
}

async function isNotDone(gateway: Serving, onConflict: string, connection: string): Promise<void> {
  const any = Buffer.from('{}');
  const { status, body } = await importedAs<Problem>(gateway, any, onConflict, connection);
  expect([status, body.code]).toEqual([501, 'capability_not_supported']);
}

const importCall = (mode: string): string =>
  `POST /api/v1/processes/batch-import, importConflict=${mode}`;

const importCases: DocumentCases = {
  [importCall('Error')]: async (given) => {
    const { gateway } = given;
    const { guid, file } = await newProcess(gateway, 'Documented error');
    expect(importsOf(given, guid)).toBe(1);
    expect((await get(gateway, at(`frends:${guid}`))).status).toBe(200);
    const { status, body } = await importedAs<Problem>(gateway, file, 'error');
    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(importsOf(given, guid)).toBe(1);
  },

  [importCall('UseExisting')]: async (given) => {
    const { gateway } = given;
    const { guid, file } = await newProcess(gateway, 'Documented existing');
    const { status, body } = await importedAs(gateway, file, 'use-existing');
    expect([status, body.result?.items.map(({ effect }) => effect)]).toEqual([200, ['kept']]);
    expect([importsOf(given, guid), await versionsOf(gateway, `frends:${guid}`)]).toMatchObject([
      1,
      [{ version: '1' }],
    ]);
  },

  [importCall('NewVersion')]: async (given) => {
    const { gateway } = given;
    const { guid, file } = await newProcess(gateway, 'Documented version');
    const { status, body } = await importedAs(gateway, file, 'new-version');
    expect([status, body.result?.items[0]]).toMatchObject([
      200,
      { process: `frends:${guid}`, effect: 'new_version', version: '2' },
    ]);
    expect(importsOf(given, guid)).toBe(2);
    expect(await versionsOf(gateway, `frends:${guid}`)).toHaveLength(2);
    await isNotDone(gateway, 'new-version', 'uipath');
  },

  [importCall('NewActiveElement')]: (given) => makesAnother(given, 'new-active', true),

  [importCall('NewInactiveElement')]: (given) => makesAnother(given, 'new-inactive', false),
};

/** What becomes of the calls that the documents of Frends name. */
export const frendsCases: DocumentCases = {
  ...reads,
  ...changes,
  ...exportCases,
  ...importCases,
};
