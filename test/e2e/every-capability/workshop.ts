import type { Deployment } from '../../../src/domain/deployment.ts';
import type { Run } from '../../../src/domain/run.ts';
import { change } from '../../support/changes.ts';
import { type Answer, at, type Collection, get, list, type Serving } from '../../support/http.ts';
import { ended, runThat, start } from '../../support/runs.ts';
import { nupkg, upload } from '../documents/uipath-packages.ts';

/** What has to be done before something else can be asked for. */
export async function fine<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { status, text, body } = await asked;
  if (status < 200 || status > 299) throw new Error(`${status}: ${text}`);
  return body;
}

let made = 0;

/** A name that nothing has. */
export function newName(): string {
  made += 1;
  return `EVERY_${made}`;
}

export async function endedRun(gateway: Serving, process: string): Promise<string> {
  const { id } = await fine(start(gateway, process, { input: {} }));
  return (await ended(gateway, id)).id;
}

/** A run that stands so. */
export async function runIn(
  gateway: Serving,
  status: Run['status'],
  process: string,
  input: object,
): Promise<string> {
  const { id } = await fine(start(gateway, process, { input }));
  return (await runThat(gateway, id, (run) => run.status === status, 60_000)).id;
}

/** A process of ODSL of two versions, and the older of them. */
export async function odslProcess(gateway: Serving): Promise<readonly [string, string]> {
  const id = `odsl:${newName()}`;
  for (const script of ['return 1', 'return 2'])
    await fine(change(gateway, 'put', at(id), { service: 'ETL', script, enabled: true }));
  return [id, '1'];
}

export async function uipathPackage(
  gateway: Serving,
  ...versions: readonly string[]
): Promise<string> {
  const name = newName();
  for (const version of versions) await fine(upload(gateway, nupkg(name, version)));
  return `uipath:${name}`;
}

async function deploymentsOf(gateway: Serving, process: string): Promise<readonly Deployment[]> {
  const fresh = { 'cache-control': 'no-cache' };
  const asked = get<Collection<Deployment>>(gateway, at(process, '/deployments'), fresh);
  return (await fine(asked)).data;
}

const [frendsTest, frendsCloud] = ['2', '3'] as const;
/** The process of Frends that is deleted. */
export const frendsDoomed = 'Payment run';

/** A process of Frends that runs in the cloud and nowhere else, and what deploys it for tests. */
export async function frendsDeployable(gateway: Serving): Promise<readonly [string, object]> {
  const { body } = await list(gateway, '?connection=frends&limit=200');
  for (const { id, name } of body.data) {
    if (name === 'Smoke test' || name === frendsDoomed) continue;
    const [only, ...more] = await deploymentsOf(gateway, id);
    if (only?.target.id !== frendsCloud || more.length > 0 || only.version === null) continue;
    return [id, { version: only.version, target: frendsTest }];
  }
  throw new Error('no process of Frends runs in the cloud alone');
}

/** The same once it is deployed; `isIt` tells the new deployment. */
export async function deployed(
  gateway: Serving,
  [process, body]: readonly [process: string, body: object],
  isIt: (deployment: Deployment) => boolean,
): Promise<readonly [process: string, deployment: string]> {
  await fine(change(gateway, 'post', at(process, '/deployments'), body));
  const found = (await deploymentsOf(gateway, process)).find(isIt);
  if (found === undefined) throw new Error(`${process} was deployed, and is not`);
  return [process, found.id];
}

export const isInFrendsTest = ({ target }: Deployment): boolean => target.id === frendsTest;
