import { access, constants, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { describeSystem, howToInstall, type SystemProbe } from './redis-advice.ts';
import { privateCopy } from './redis-fetch.ts';
import { askVersion, type RedisProgram } from './redis-program.ts';

export interface FindRedisOptions {
  /** Where a private copy is kept; see `redisCacheDir`. */
  readonly cacheDir: string;
  /** The environment to look around in and to run programs with. */
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Where the system is described; by default the one that this runs on. */
  readonly system?: SystemProbe;
}

/** No server program is here and none can be fetched; the message says what was tried and what to install on this system. */
export class RedisNotFoundError extends Error {
  override readonly name = 'RedisNotFoundError';
}

/** `GATEWAY_CACHE`, else the user's cache folder as the XDG Base Directory Specification has it. */
export function redisCacheDir(env: NodeJS.ProcessEnv): string {
  const own = env['GATEWAY_CACHE'];
  if (own) return join(own, 'redis');
  const xdg = env['XDG_CACHE_HOME'];
  const caches = xdg && isAbsolute(xdg) ? xdg : join(env['HOME'] ?? homedir(), '.cache');
  return join(caches, 'process-gateway', 'redis');
}

/** Finds a server program: on PATH, in the cache, else fetched into it. Throws `RedisNotFoundError`. */
export async function findRedisServer(options: FindRedisOptions): Promise<RedisProgram> {
  const failures: string[] = [];
  for (const command of await candidates(options.env['PATH'] ?? '')) {
    try {
      const version = await askVersion(command, options.env);
      return { command, env: options.env, version, origin: 'path' };
    } catch (error) {
      failures.push(`${command}: ${(error as Error).message}`);
      options.say(`Passing over ${command}: ${(error as Error).message}`);
    }
  }
  const copy = await privateCopy({ ...options, cacheDir: resolve(options.cacheDir) });
  if (!Array.isArray(copy)) return copy;
  const system = await describeSystem(options.system);
  const tried = [...failures, ...copy].map((failure) => `  - ${failure}`);
  throw new RedisNotFoundError(
    ['No Redis server was found, and none could be fetched:', ...tried, howToInstall(system)].join(
      '\n',
    ),
  );
}

async function candidates(path: string): Promise<string[]> {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  const commands = folders.flatMap((folder) =>
    ['redis-server', 'valkey-server'].map((name) => join(folder, name)),
  );
  const runnable = await Promise.all([...new Set(commands)].map(isRunnable));
  return [...new Set(commands)].filter((_, at) => runnable[at]);
}

async function isRunnable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false; // Not there or not for us: both only mean that PATH does not offer it.
  }
}
