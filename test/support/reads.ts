import type { Version } from '../../src/domain/version.ts';
import { at, type Collection, get, list, type Serving } from './http.ts';

/** The id of the one process that is called the same on every platform. */
export async function smokeTest(serving: Serving, platform: string): Promise<string> {
  const { body } = await list(serving, `?platform=${platform}&name=Smoke%20test`);
  const [found] = body.data;
  if (found === undefined) throw new Error(`${platform} has no smoke test`);
  return found.id;
}

/** All versions of a process. */
export async function versionsOf(serving: Serving, id: string): Promise<readonly Version[]> {
  const { body } = await get<Collection<Version>>(serving, at(id, '/versions?limit=200'));
  return body.data;
}

/** A process with its versions. */
export interface Versioned {
  readonly id: string;
  readonly versions: readonly Version[];
}

/** The process of a platform that has the most versions. */
export async function mostVersioned(serving: Serving, platform: string): Promise<Versioned> {
  const { body } = await list(serving, `?limit=200&platform=${platform}`);
  const all = await Promise.all(
    body.data.map(async ({ id }) => ({ id, versions: await versionsOf(serving, id) })),
  );
  return all.reduce((most, each) => (each.versions.length > most.versions.length ? each : most));
}
