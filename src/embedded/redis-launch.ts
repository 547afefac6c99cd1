import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisAddress } from './redis-address.ts';
import { meet, type OwnServer, untilLoaded } from './redis-peer.ts';
import type { RedisProgram } from './redis-program.ts';

/** The embedded server cannot be started; the message says why, with the end of its log. */
export class RedisStartError extends Error {
  override readonly name = 'RedisStartError';
}

const logFileName = 'redis.log';
const contactMs = 30_000;

/** A server that answers, and the process started for it, which is another one's where two starts met. */
export interface Launched {
  readonly server: OwnServer;
  readonly child: ChildProcess;
}

/** Starts the server in a session of its own and waits for its data; `null` when that is worth another look: its port is taken, or another start has ended it. */
export async function launch(
  program: RedisProgram,
  home: string,
  address: RedisAddress,
  say: (line: string) => void,
): Promise<Launched | null> {
  refuseNewerData(program, home);
  const logFile = join(home, logFileName);
  const log = await open(logFile, 'a', 0o600);
  const { size } = await log.stat();
  let child: ChildProcess;
  try {
    child = await spawnServer(program, home, log.fd, configuration(address));
  } finally {
    await log.close();
  }
  const deadline = Date.now() + contactMs;
  while (isAlive(child) && Date.now() < deadline) {
    const server = await meet(home, address);
    if (server.kind === 'ours' && (await untilLoaded(server, say))) {
      // Another start was quicker; ours could still come up when that one's server has ended.
      if (server.pid !== child.pid) child.kill('SIGKILL');
      return { server, child };
    }
    await sleep(20);
  }
  // Another start has met it first, was its only user, and has ended it.
  if (child.exitCode === 0) return null;
  child.kill('SIGKILL');
  const said = (await readFile(logFile)).subarray(size).toString().trimEnd().split('\n');
  if (said.some((line) => /failed listening on port/i.test(line))) return null;
  throw new RedisStartError(
    [
      `The embedded Redis (${program.command}, ${program.version}) does not start. The end of ${logFile}:`,
      ...said.slice(-10).map((line) => `  ${line}`),
    ].join('\n'),
  );
}

export function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function spawnServer(program: RedisProgram, home: string, log: number, config: string) {
  // The configuration goes in by stdin: so the password is in no argument and in no second file.
  const child = spawn(program.command, ['-'], {
    cwd: home,
    env: program.env,
    detached: true,
    stdio: ['pipe', log, log],
  });
  // A server that ends before it has read its configuration says why in its log.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(config);
  await once(child, 'spawn');
  return child;
}

/** The folder is the server's working directory, so no path needs quoting here. */
function configuration({ port, password }: RedisAddress): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    'daemonize no',
    'appendonly yes',
    'appendfsync everysec',
    // Commands instead of a binary image, whose format differs between versions and between Redis and Valkey.
    'aof-use-rdb-preamble no',
    'save ""',
    'maxmemory-policy noeviction',
  ];
  return `${lines.join('\n')}\n`;
}

/** Redis 6 would overlook the folder in which newer ones keep the append-only file, and start empty. */
function refuseNewerData({ command, version }: RedisProgram, home: string): void {
  if (Number.parseInt(version) >= 7) return;
  const newer = join(home, 'appendonlydir');
  if (existsSync(newer)) {
    throw new RedisStartError(
      `${command} is version ${version} and cannot read ${newer}, which a Redis 7 or newer has written.`,
    );
  }
}
