import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { claim, dataFolder } from './embedded/data-folder.ts';
import { endLeftRedis } from './embedded/redis-server.ts';
import { failStart } from './fail-start.ts';
import { StartError } from './preflight.ts';

/** What a start keeps in its data folder; anything else there is not ours to delete. */
const ours = ['redis', 'sandbox', 'files', 'logs', 'sandbox.gateway.yaml'];

/** `npm run reset`: forgets everything that embedded parts have kept. */
async function main(): Promise<void> {
  const folder = dataFolder(process.env);
  const present = await readdir(folder).catch(() => []);
  if (!present.some((name) => ours.includes(name))) {
    process.stdout.write(`${folder} holds nothing to clear.\n`);
    return;
  }
  if ((await claim(folder)) === null || !(await endLeftRedis(folder))) {
    throw new StartError([`the gateway that uses ${folder} is running: stop it first`]);
  }
  for (const name of ours) await rm(join(folder, name), { recursive: true, force: true });
  process.stdout.write(`${folder} is cleared.\n`);
}

main().then(() => process.exit(0), failStart);
