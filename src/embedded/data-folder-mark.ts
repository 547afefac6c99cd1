import { accessSync, constants, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defaultDataFolder } from '../config/data-folder.ts';
import { makeFolders } from './make-folder.ts';

/** What a start keeps in its data folder; anything else there is not ours to delete. */
const ours = ['redis', 'sandbox', 'files', 'logs', 'sandbox.gateway.yaml'];
/** Says that what is called so in this folder was made by a start. */
const mark = '.process-gateway';
const markText =
  'A start of the process gateway has made this folder’s data; npm run reset clears it.\n';

/** What a data folder holds that a start has made, or would overwrite. */
interface Holdings {
  readonly names: readonly string[];
  /** Whether a start has made them: the folder has our mark, or is the project's own. */
  readonly isOurs: boolean;
}

/** What it holds of the names that a start uses. */
export function holdingsOf(folder: string): Holdings {
  const present = existsSync(folder) ? readdirSync(folder) : [];
  const isOurs = present.includes(mark) || folder === defaultDataFolder;
  return { names: ours.filter((name) => present.includes(name)), isOurs };
}

/** Why a start cannot keep its data there, a line for people; null when it can. Nothing is made yet. */
export function folderProblem(folder: string): string | null {
  const there = nearest(folder);
  if (!statSync(there).isDirectory())
    return `the data folder ${folder} cannot be: ${there} is a file; set GATEWAY_DATA to a folder`;
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return `the data folder ${folder} cannot be: nothing may be written to ${there}; set GATEWAY_DATA to another one`;
  }
  const { names, isOurs } = holdingsOf(folder);
  if (names.length === 0 || isOurs) return null;
  return `the data folder ${folder} holds ${names.join(', ')}, which no start of the gateway has made: set GATEWAY_DATA to a folder of its own`;
}

/** Makes it, and marks it as ours. @throws Error with the reason for people */
export function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
    writeFileSync(join(folder, mark), markText);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Error(
      `the data folder ${folder} cannot be made (${code}): set GATEWAY_DATA to another one`,
      { cause: error },
    );
  }
}

/** Deletes what a start has made. */
export async function clearFolder(folder: string): Promise<void> {
  for (const name of [...ours, mark])
    await rm(join(folder, name), { recursive: true, force: true });
}

/** The folder itself, or what there is of its way. */
function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder));
}
