import { expect } from '@jest/globals';
import type { Version } from '../../../src/domain/version.ts';
import type { Problem } from '../../../src/http/problem.ts';
import { change } from '../../support/changes.ts';
import { at, get, list, type Serving } from '../../support/http.ts';
import { versionsOf } from '../../support/reads.ts';
import { type DocumentCases, effectsOn, type Given } from './document-case.ts';
import { detailOf, ownProcess, undeployedProcess } from './uipath-packages.ts';

const keyOf = (id: string): string => id.slice('uipath:'.length);

const releases = (given: Given, effect: string, id: string): number =>
  effectsOn(given, 'uipath', `release.${effect}`, { processKey: keyOf(id) });

const deletionsOf = (given: Given, id: string): number =>
  given.stage
    .sandbox('uipath')
    .ledger()
    .filter(
      ({ effect, details }) =>
        effect === 'package.deleted' && String(details['key']).startsWith(`${keyOf(id)}:`),
    ).length;

async function isActive(gateway: Serving, id: string, version: string): Promise<boolean | null> {
  return (await get<Version>(gateway, at(id, `/versions/${version}`))).body.active;
}

const isListedAs = async (gateway: Serving, id: string): Promise<boolean | null | undefined> =>
  (await list(gateway, `?connection=uipath&key=${keyOf(id)}`)).body.data[0]?.enabled;

const activeCases: DocumentCases = {
  'processes.set_active(process_id, True)': async (given) => {
    const { gateway } = given;
    const stands = await ownProcess(gateway, { deployed: true, versions: 2 });
    const [release] = stands.deployments;
    const other = stands.versions.find(({ version }) => version !== release?.version);
    const version = other?.version ?? '';
    const moved = await change(gateway, 'patch', at(stands.id, `/versions/${version}`), {
      active: true,
    });
    expect([moved.status, await isActive(gateway, stands.id, version)]).toEqual([200, true]);
    const after = await detailOf(gateway, stands.id);
    expect(after.deployments).toMatchObject([{ id: release?.id, version }]);
    expect(releases(given, 'moved', stands.id)).toBe(1);

    const bare = await undeployedProcess(gateway, 1);
    const first = bare.versions.at(-1)?.version ?? '';
    const path = at(bare.id, `/versions/${first}`);
    expect((await change(gateway, 'patch', path, { active: true })).status).toBe(200);
    const made = await detailOf(gateway, bare.id);
    expect(made.deployments).toMatchObject([{ name: keyOf(bare.id), version: first }]);
    expect(releases(given, 'created', bare.id)).toBe(1);
  },

  'processes.set_active(process_id, False)': async (given) => {
    const { gateway } = given;
    const { id, deployments } = await ownProcess(gateway, { deployed: true, versions: 1 });
    const version = deployments[0]?.version ?? '';
    const path = at(id, `/versions/${version}`);
    const asked = await change<Problem>(gateway, 'patch', path, { active: false });
    expect([asked.status, asked.body['confirm']]).toEqual([409, 'undeploy']);
    expect(releases(given, 'deleted', id)).toBe(0);
    const done = await change(gateway, 'patch', `${path}?confirm=undeploy`, { active: false });
    expect([done.status, await isActive(gateway, id, version)]).toEqual([200, false]);
    expect((await detailOf(gateway, id)).deployments).toEqual([]);
    expect(releases(given, 'deleted', id)).toBe(1);
  },

  'processes.set_active(True), the latest version': async (given) => {
    const { gateway } = given;
    const { id, versions } = await undeployedProcess(gateway, 1);
    expect(await isListedAs(gateway, id)).toBe(false);
    expect((await change(gateway, 'patch', at(id), { enabled: true })).status).toBe(200);
    expect(await isListedAs(gateway, id)).toBe(true);
    const { deployments } = await detailOf(gateway, id);
    expect(deployments).toMatchObject([{ version: versions[0]?.version }]);
    expect(releases(given, 'created', id)).toBe(1);
  },

  'processes.set_active(False), whatever version': async (given) => {
    const { gateway } = given;
    const { id } = await ownProcess(gateway, { deployed: true, versions: 1 });
    const asked = await change<Problem>(gateway, 'patch', at(id), { enabled: false });
    expect([asked.status, asked.body['confirm']]).toEqual([409, 'undeploy']);
    const path = at(id, '?confirm=undeploy');
    expect((await change(gateway, 'patch', path, { enabled: false })).status).toBe(200);
    expect(await isListedAs(gateway, id)).toBe(false);
    expect(releases(given, 'deleted', id)).toBe(1);
  },
};

/** What becomes of changes of packages. */
export const changeCases: DocumentCases = {
  ...activeCases,

  'processes.delete(process_id)': async (given) => {
    const { gateway } = given;
    const { id, versions } = await ownProcess(gateway, { deployed: true, versions: 2 });
    const running = versions.find(({ active }) => active === true)?.version ?? '';
    const idle = versions.find(({ active }) => active !== true)?.version ?? '';
    const refused = await change<Problem>(gateway, 'delete', at(id, `/versions/${running}`));
    expect([refused.status, refused.body.outcome]).toEqual([409, 'not_sent']);
    expect((await change(gateway, 'delete', at(id, `/versions/${idle}`))).status).toBe(204);
    const left = (await versionsOf(gateway, id)).map(({ version }) => version);
    expect([left.includes(idle), left.length]).toEqual([false, versions.length - 1]);
    const key = `${keyOf(id)}:${idle}`;
    expect(effectsOn(given, 'uipath', 'package.deleted', { key })).toBe(1);
    expect(deletionsOf(given, id)).toBe(1);
  },

  'processes.delete(process_id), all versions': async (given) => {
    const { gateway } = given;
    const runs = await ownProcess(gateway, { deployed: true, versions: 2 });
    expect((await change(gateway, 'delete', at(runs.id))).status).toBe(409);
    expect(deletionsOf(given, runs.id)).toBe(0);
    const { id, versions } = await ownProcess(gateway, { deployed: false, versions: 1 });
    expect((await change(gateway, 'delete', at(id))).status).toBe(204);
    expect((await get(gateway, at(id))).status).toBe(404);
    expect(await isListedAs(gateway, id)).toBeUndefined();
    expect(deletionsOf(given, id)).toBe(versions.length);
  },
};
