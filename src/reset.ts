import { dataFolder } from './config/data-folder.ts';
import { claim } from './embedded/claim-folder.ts';
import { clearFolder, folderProblem, holdingsOf } from './embedded/data-folder-mark.ts';
import { endLeftRedis } from './embedded/redis-server.ts';
import { failStart } from './fail-start.ts';
import { StartError } from './preflight.ts';

/** `npm run reset`: forgets everything that embedded parts have kept. */
async function main(): Promise<void> {
  const folder = dataFolder(process.env);
  const problem = folderProblem(folder);
  if (problem !== null) throw new StartError([problem]);
  if (holdingsOf(folder).names.length === 0) {
    process.stdout.write(`${folder} holds nothing to clear.\n`);
    return;
  }
  if ((await claim(folder)) === null || !(await endLeftRedis(folder))) {
    throw new StartError([`the gateway that uses ${folder} is running: stop it first`]);
  }
  await clearFolder(folder);
  process.stdout.write(`${folder} is cleared.\n`);
}

main().then(() => process.exit(0), failStart);
