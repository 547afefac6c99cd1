import { type ChildProcess } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../timing/within.ts';
import { ifThere } from './if-there.ts';
import {
  currentAddress,
  isFree,
  openHome,
  replaceAddress,
  type RedisAddress,
} from './redis-address.ts';
import { isAlive, launch, RedisStartError } from './redis-launch.ts';
import { leave, meet, type OwnServer, untilLoaded } from './redis-peer.ts';
import type { RedisProgram } from './redis-program.ts';

export interface EmbeddedRedisOptions {
  /** The server keeps everything in its folder `redis`. */
  readonly dataDir: string;
  readonly program: RedisProgram;
  readonly say: (line: string) => void;
}

/** The durable server of a data folder, on loopback. */
export interface EmbeddedRedis {
  /** Carries the password: never to be printed. */
  readonly url: string;
  readonly pid: number;
  /** It was running already. */
  readonly adopted: boolean;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends the server once everything is on disk; one that another start uses too is left to that one. */
  stop(): Promise<void>;
}

const attempts = 50;
const looksForOurs = 10;
const stopMs = 30_000;
const pidFileName = 'redis.pid';

/** Starts the durable server of a data folder, or takes up the one that still runs there. Throws `RedisStartError`. */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { program, say } = options;
  const home = await openHome(options.dataDir);
  let looksAtTakenPort = 0;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const address = await currentAddress(home);
    const peer = await meet(home, address);
    if (peer.kind === 'ours') {
      if (await untilLoaded(peer, say)) return await hold(peer, home, address, null);
    } else if (peer.kind === 'nobody' && (await isFree(address.port))) {
      looksAtTakenPort = 0;
      const launched = await launch(program, home, address, say);
      if (launched !== null) return await hold(launched.server, home, address, launched.child);
    } else if (peer.kind === 'nobody' && ++looksAtTakenPort < looksForOurs) {
      // It may be ours after all, which another start launches or stops just now.
      await sleep(50);
    } else {
      if (peer.kind === 'silent') await refuseWhileAlive(home, address);
      say(`Port ${address.port} is taken by another program: Redis moves to another one.`);
      await replaceAddress(home, address);
      looksAtTakenPort = 0;
    }
  }
  throw new RedisStartError(
    `The embedded Redis in ${home} does not come to stay; see its log there.`,
  );
}

/** Ends the server that a killed start has left running in a data folder; `false` when a live start uses it. */
export async function endLeftRedis(dataDir: string): Promise<boolean> {
  const home = await openHome(dataDir);
  const address = await currentAddress(home);
  const peer = await meet(home, address);
  if (peer.kind !== 'ours') return true;
  const inUse = (await leave(peer)) > 0;
  const redis = await hold(peer, home, address, null);
  await redis.stop();
  return !inUse;
}

async function hold(
  server: OwnServer,
  home: string,
  { port, password }: RedisAddress,
  child: ChildProcess | null,
): Promise<EmbeddedRedis> {
  const pidFile = join(home, pidFileName);
  await writeFile(pidFile, `${server.pid}\n`);
  const ended = untilEnded(server, child);
  let stopped: Promise<void> | null = null;
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    pid: server.pid,
    adopted: child?.pid !== server.pid,
    ended,
    stop: () => (stopped ??= stop(server, ended, pidFile)),
  };
}

async function untilEnded({ connection }: OwnServer, child: ChildProcess | null): Promise<void> {
  await new Promise<void>((resolve) => {
    if (connection.status === 'end') resolve();
    else connection.once('end', resolve);
  });
  await new Promise<void>((resolve) => {
    if (child === null || !isAlive(child)) resolve();
    else
      child.once('exit', () => {
        resolve();
      });
  });
}

async function stop(server: OwnServer, ended: Promise<void>, pidFile: string): Promise<void> {
  const outcome = await within(askToEnd(server, ended), stopMs);
  if (outcome === 'shared') {
    server.connection.disconnect();
    return;
  }
  if (outcome === null) {
    process.kill(server.pid, 'SIGKILL');
    await ended;
  }
  await rm(pidFile, { force: true });
}

async function askToEnd(server: OwnServer, ended: Promise<void>): Promise<'shared' | 'ended'> {
  try {
    if ((await leave(server)) > 0) return 'shared';
    await server.connection.call('SHUTDOWN');
  } catch (error) {
    // The end of the connection is what was asked for; only a refusal comes in words.
    if ((error as Error).name === 'ReplyError') process.kill(server.pid, 'SIGTERM');
  }
  await ended;
  return 'ended';
}

/** A silent server may be ours, stopped in its tracks: a second one on the same files would ruin them. */
async function refuseWhileAlive(home: string, { port }: RedisAddress): Promise<void> {
  const noted = await ifThere(readFile(join(home, pidFileName), 'utf8'));
  const pid = Number.parseInt(noted ?? '');
  if (Number.isNaN(pid) || !exists(pid)) return;
  throw new RedisStartError(
    `Port ${port} does not answer, and process ${pid}, noted as the Redis of ${home}, is alive: end it (kill ${pid}), or remove ${join(home, pidFileName)} if it is something else.`,
  );
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
