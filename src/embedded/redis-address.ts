import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** Where the server of a folder listens and what it asks for. */
export interface RedisAddress {
  /** Counts up whenever the port had to be given up. */
  readonly generation: number;
  readonly port: number;
  readonly password: string;
}

const shape = z.object({ port: z.int(), password: z.string() });

/** The folder of an embedded server within a data folder, made when it is not there; only its owner can read it. */
export async function openHome(dataDir: string): Promise<string> {
  const home = join(dataDir, 'redis');
  await mkdir(home, { recursive: true, mode: 0o700 });
  // As the server names it when asked for its own folder.
  return realpath(home);
}

/** The address that is noted in a folder, noted first when there is none; the same for all who ask at once. */
export async function currentAddress(home: string): Promise<RedisAddress> {
  for (let look = 1; ; look++) {
    const generation = await newestGeneration(home);
    const known = await read(home, generation);
    if (known !== null) return known;
    // Another start may be writing it just now; a file that stays unreadable was left by one that was killed.
    if (generation === 0 || look > 20) await note(home, generation + 1);
    else await sleep(50);
  }
}

/** Gives up an address: the next has another port and another password. */
export async function replaceAddress(home: string, { generation }: RedisAddress): Promise<void> {
  await note(home, generation + 1);
  await rm(fileOf(home, generation), { force: true });
}

/** Whether a server could listen there, on loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** Only one of several starts that note a generation succeeds, and all go on with what that one has written. */
async function note(home: string, generation: number): Promise<void> {
  const address = { port: await freePort(), password: randomBytes(24).toString('hex') };
  try {
    await writeFile(fileOf(home, generation), JSON.stringify(address), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Below the ports that systems give to outgoing connections, so that it is still free at the next start. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
}

async function read(home: string, generation: number): Promise<RedisAddress | null> {
  if (generation === 0) return null;
  try {
    const text = await readFile(fileOf(home, generation), 'utf8');
    return { generation, ...shape.parse(JSON.parse(text)) };
  } catch (error) {
    const readable = error instanceof SyntaxError || error instanceof z.ZodError;
    if (readable || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function newestGeneration(home: string): Promise<number> {
  const numbers = (await readdir(home)).map((name) => /^address-(\d+)\.json$/.exec(name)?.[1]);
  return Math.max(0, ...numbers.map((number) => Number(number ?? 0)));
}

function fileOf(home: string, generation: number): string {
  return join(home, `address-${generation}.json`);
}
