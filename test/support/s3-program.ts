import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisCacheDir } from '../../src/embedded/redis-find.ts';
import { aloud } from './redis.ts';
import { fileOnPath } from './restricted-path.ts';

const release = 'v1.0.14';
const command = 'versitygw';
const goModule = 'github.com/versity/versitygw';
/** Where nobody can be asked for it, that is known soon; in ms. */
const lookMs = 15_000;
/** It takes a minute and a half on two cores that have other work, in ms. */
const buildMs = 5 * 60_000;

/**
 * A program that is a real S3 server: what `S3_SERVER` names, as a file or a command, else `versitygw` on PATH, else one
 * that Go builds once into the cache; null, and said aloud, where there is none.
 */
export async function s3Program(
  what: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | null> {
  const named = env['S3_SERVER'] ?? '';
  const given = isAbsolute(named) ? named : fileOnPath(named === '' ? command : named);
  if (given !== null) return given;
  const cached = join(dirname(redisCacheDir(env)), 's3', `${command}-${release}`);
  try {
    if (named !== '') throw new Error(`S3_SERVER names ${named}, which is not there`);
    return (await answers(cached)) ? cached : await built(cached, env);
  } catch (error) {
    aloud(`NOT CHECKED: no S3 server is on PATH (${command}) and S3_SERVER names none, so ${what}`);
    aloud(`(${(error as Error).message})`);
    return null;
  }
}

function answers(program: string): Promise<boolean> {
  return worked(run(program, ['--version'], {}, lookMs));
}

/** Of all that look for it at the same time one builds it, and the others wait. */
async function built(cached: string, env: NodeJS.ProcessEnv): Promise<string> {
  const go = fileOnPath('go');
  if (go === null) throw new Error('there is no go on PATH to build one with');
  await mkdir(dirname(cached), { recursive: true });
  const lock = `${cached}.lock`;
  const until = Date.now() + buildMs;
  while (Date.now() < until) {
    if (await answers(cached)) return cached;
    // One that was killed leaves it behind.
    if (await isOlder(lock, 2 * buildMs)) await rm(lock, { recursive: true, force: true });
    if (await worked(mkdir(lock))) {
      try {
        return await build(go, cached, lock, env);
      } finally {
        await rm(lock, { recursive: true, force: true });
      }
    }
    await sleep(500);
  }
  throw new Error('somebody else builds one, and does not come to an end');
}

function worked(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function isOlder(path: string, ms: number): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs < Date.now() - ms,
    () => false,
  );
}

async function build(
  go: string,
  cached: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const place = { cwd: folder, env: { ...env, GOBIN: folder, CGO_ENABLED: '0' } };
  await run(go, ['list', '-m', `${goModule}@${release}`], place, lookMs);
  aloud(`Building ${command} ${release}, a real S3 server, with Go: once, for a minute or two`);
  const what = `${goModule}/cmd/${command}@${release}`;
  await run(go, ['install', '-ldflags=-s -w', what], place, buildMs);
  await rename(join(folder, command), cached);
  return cached;
}

interface Place {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end behind everything else that this machine has to do; throws what went wrong. */
function run(file: string, args: readonly string[], place: Place, timeoutMs: number) {
  return new Promise<void>((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const;
    const child = execFile(file, args, { ...place, ...limits }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else if (error.killed === true) reject(new Error(`${file} took longer than ${timeoutMs} ms`));
      else reject(new Error(stderr.trim() === '' ? error.message : stderr.trim()));
    });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  });
}
