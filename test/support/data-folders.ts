import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/embedded/redis-server.ts';
import { testProgram } from './redis.ts';

/** Data folders with their embedded servers, and everything else that a test has to clean up. */
export class DataFolders {
  /** What starts have said since the last clean-up. */
  readonly said: string[] = [];
  readonly #cleanUps: (() => unknown)[] = [];

  /** With a name that nobody would choose. */
  async make(): Promise<string> {
    const dataDir = await mkdtemp(join(tmpdir(), `gateway "data" ünï'`));
    this.atTheEnd(() => rm(dataDir, { recursive: true }));
    return dataDir;
  }

  async start(dataDir: string): Promise<EmbeddedRedis> {
    const program = await testProgram();
    const say = (line: string) => this.said.push(line);
    const redis = await startEmbeddedRedis({ dataDir, program, say });
    this.atTheEnd(() => redis.stop());
    return redis;
  }

  atTheEnd(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  async cleanUp(): Promise<void> {
    for (const clean of this.#cleanUps.splice(0).reverse()) await clean();
    this.said.length = 0;
  }
}

/** Asks a server one thing on a connection that is not kept. */
export async function ask<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null });
  client.on('error', () => undefined);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

export const put = (url: string, key: string) => ask(url, (client) => client.set(key, 'kept'));
export const get = (url: string, key: string) => ask(url, (client) => client.get(key));

/** The files that note where the server of a data folder is to be found. */
export async function addressFiles(dataDir: string): Promise<string[]> {
  const names = await readdir(join(dataDir, 'redis'));
  const notes = names.filter((name) => name.startsWith('address-'));
  return notes.map((name) => join(dataDir, 'redis', name));
}

export const portOf = (url: string) => Number(new URL(url).port);
