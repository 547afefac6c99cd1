import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The data folder of who names none: `.gateway` of the project. */
export const defaultDataFolder = fileURLToPath(new URL('../../.gateway', import.meta.url));

/** The folder for everything embedded: GATEWAY_DATA, else `.gateway` of the project. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  const named = env['GATEWAY_DATA'];
  return named === undefined || named === '' ? defaultDataFolder : resolve(named);
}
