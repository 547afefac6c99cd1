import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { ifThere } from './if-there.ts';
import { askVersion, type RedisProgram } from './redis-program.ts';
import type { FetchRoute, UnpackedProgram } from './redis-route.ts';

// A copy is complete when the stamp names its folder; folders without a stamp are fetches that go on or broke off.
const stampName = 'current.json';
const directoryName = /^copy-\w+$/;
const stampShape = z.object({
  directory: z.string().regex(directoryName),
  command: z.string(),
  libraries: z.array(z.string()),
  origin: z.enum(['packages', 'wheel']),
  sha256: z.string(),
});
type Stamp = z.infer<typeof stampShape>;

/** The private copy: it serves, it is not there (`null`), or what is wrong with it. */
export async function openCopy(
  cacheDir: string,
  env: NodeJS.ProcessEnv,
): Promise<RedisProgram | string | null> {
  try {
    const stamp = await readStamp(cacheDir);
    if (stamp === null) return null;
    const directory = join(cacheDir, stamp.directory);
    if ((await fingerprint(directory)) !== stamp.sha256) return 'its files have changed';
    return await programIn(directory, stamp, stamp.origin, env);
  } catch (error) {
    return (error as Error).message;
  }
}

/** A program in a folder, when it answers. */
export async function programIn(
  directory: string,
  unpacked: UnpackedProgram,
  origin: FetchRoute['origin'],
  env: NodeJS.ProcessEnv,
): Promise<RedisProgram> {
  const command = join(directory, unpacked.command);
  const libraries = unpacked.libraries.map((folder) => join(directory, folder));
  const path = [...libraries, env['LD_LIBRARY_PATH'] ?? ''].filter(Boolean).join(delimiter);
  const ownEnv = libraries.length === 0 ? env : { ...env, LD_LIBRARY_PATH: path };
  return { command, env: ownEnv, origin, version: await askVersion(command, ownEnv) };
}

/** Makes a folder of the cache its copy, in one step for whoever looks at the same time. */
export async function publishCopy(
  cacheDir: string,
  directory: string,
  unpacked: UnpackedProgram,
  origin: FetchRoute['origin'],
): Promise<void> {
  const sha256 = await fingerprint(join(cacheDir, directory));
  const stamp: Stamp = {
    ...unpacked,
    directory,
    libraries: [...unpacked.libraries],
    origin,
    sha256,
  };
  const draft = join(cacheDir, `${stampName}.${randomUUID()}`);
  await writeFile(draft, JSON.stringify(stamp, null, 2));
  await rename(draft, join(cacheDir, stampName));
}

/** The folder that the stamp names, whether it serves or not. */
export async function copyFolder(cacheDir: string): Promise<string | null> {
  // A stamp that cannot be read names no folder; what is wrong with it `openCopy` has said.
  const stamp = await readStamp(cacheDir).catch(() => null);
  return stamp === null ? null : join(cacheDir, stamp.directory);
}

/** Removes what fetches that broke off have left. */
export async function sweepCache(cacheDir: string): Promise<void> {
  const current = await copyFolder(cacheDir);
  const longAgo = Date.now() - 3_600_000;
  for (const name of await readdir(cacheDir)) {
    const path = join(cacheDir, name);
    const ours = directoryName.test(name) || name.startsWith(`${stampName}.`);
    if (!ours || path === current) continue;
    // Another start may be sweeping too.
    const found = await ifThere(stat(path));
    if (found !== null && found.mtimeMs < longAgo) await rm(path, { recursive: true, force: true });
  }
}

async function readStamp(cacheDir: string): Promise<Stamp | null> {
  const text = await ifThere(readFile(join(cacheDir, stampName), 'utf8'));
  if (text === null) return null;
  try {
    return stampShape.parse(JSON.parse(text));
  } catch (error) {
    throw error instanceof z.ZodError ? new Error('its stamp is not readable') : error;
  }
}

async function fingerprint(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const hash = createHash('sha256');
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(file.slice(directory.length)).update(await readFile(file));
  }
  return hash.digest('hex');
}
