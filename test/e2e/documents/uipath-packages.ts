import type { Operation } from '../../../src/domain/operation.ts';
import type { ProcessDetail } from '../../../src/domain/process.ts';
import { writeZip } from '../../../src/sandbox/kit/zip.ts';
import { nuspecOf } from '../../../src/sandbox/uipath/nupkg.ts';
import { change } from '../../support/changes.ts';
import { type Answer, at, get, list, type Serving } from '../../support/http.ts';
import { importFile } from '../../support/imports.ts';
import { type Versioned, versionsOf } from '../../support/reads.ts';
import { effectsOn, type Given } from './document-case.ts';

/** A package as Studio would publish it. */
export function nupkg(id: string, version: string): Buffer {
  const texts = { authors: 'Tests', description: `${id} ${version}`, tags: '' };
  const nuspec = nuspecOf({ id, version, title: null, releaseNotes: null, ...texts });
  return writeZip([
    { name: `${id}.nuspec`, content: Buffer.from(nuspec) },
    { name: 'lib/net45/Main.xaml', content: Buffer.from(`<Activity DisplayName="${id}" />\n`) },
  ]);
}

/** Uploads a package, and waits for what becomes of it. */
export function upload<T = Operation>(
  gateway: Serving,
  file: Buffer,
  texts: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  return importFile<T>(gateway, file, { connection: 'uipath', ...texts }, { prefer: 'wait=40' });
}

/** How many uploads of a package there really were. */
export function uploadsOf(given: Given, id: string): number {
  return effectsOn(given, 'uipath', 'package.uploaded', { id });
}

export async function detailOf(gateway: Serving, id: string): Promise<ProcessDetail> {
  const { status, text, body } = await get<ProcessDetail>(gateway, at(id));
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return body;
}

/** A process with what stands of it. */
export interface Standing extends Versioned {
  readonly deployments: readonly { readonly id: string; readonly version: string | null }[];
}

const taken = new Set<string>();

/** A process of some versions, of which no other case knows: deployed once in the connection's folder, and nowhere else, or not at all. */
export async function ownProcess(
  gateway: Serving,
  { deployed, versions: least }: { readonly deployed: boolean; readonly versions: number },
): Promise<Standing> {
  const query = `?connection=uipath&limit=200&enabled=${String(deployed)}`;
  for (const { id, kind, labels } of (await list(gateway, query)).body.data) {
    if (taken.has(id) || kind !== 'process' || id === 'uipath:SmokeTest') continue;
    // Finance has releases in a folder of its own, which this connection does not see.
    if (labels.includes('finance')) continue;
    const versions = await versionsOf(gateway, id);
    const { deployments } = await detailOf(gateway, id);
    const active = versions.filter((each) => each.active === true).length;
    if (versions.length < least || deployments?.length !== active) continue;
    if (active !== (deployed ? 1 : 0)) continue;
    taken.add(id);
    return { id, versions, deployments };
  }
  throw new Error('there is no process left for this');
}

/** The same, after it was undeployed. */
export async function undeployedProcess(gateway: Serving, versions: number): Promise<Standing> {
  const found = await ownProcess(gateway, { deployed: true, versions });
  for (const { id } of found.deployments) {
    const path = at(found.id, `/deployments/${id}`);
    const { status, text } = await change(gateway, 'delete', path);
    if (status !== 204) throw new Error(`${status}: ${text}`);
  }
  return { ...found, versions: await versionsOf(gateway, found.id), deployments: [] };
}
