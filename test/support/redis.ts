import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisServer, redisCacheDir } from '../../src/embedded/redis-find.ts';
import type { RedisProgram } from '../../src/embedded/redis-program.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis-server.ts';

/** What a test file has of the Redis that all of a run share. */
export interface FreshRedis {
  readonly url: string;
  /** Of every key that the file makes, as `test:9f2c4a17:`. */
  readonly prefix: string;
  readonly client: Redis;
  /** Removes the keys and hangs up. */
  close(): Promise<void>;
}

/** A part of the run's Redis that no other test file touches. */
export function freshRedis(name = 'test'): FreshRedis {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined) throw new Error('redis-setup.ts is not wired as globalSetup');
  const prefix = `${name}:${randomBytes(4).toString('hex')}:`;
  const client = new Redis(url, { maxRetriesPerRequest: 2 });
  return {
    url,
    prefix,
    client,
    close: async () => {
      for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1_000 })) {
        const found = keys as string[];
        if (found.length > 0) await client.unlink(...found);
      }
      await client.quit();
    },
  };
}

/** A server of one's own, in a temporary folder. */
export interface OwnRedis {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Ends it, however it stands, and removes its data. */
  remove(): Promise<void>;
}

/** Starts a durable server that a test may stop, kill or fill; `REDIS_URL` does not count here. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'process-gateway-redis-'));
  const redis = await startEmbeddedRedis({ dataDir, program: await testProgram(), say: aloud });
  return {
    url: redis.url,
    pid: redis.pid,
    dataDir,
    remove: async () => {
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The server program of this machine, as `npm start` would find it. */
export function testProgram(): Promise<RedisProgram> {
  return findRedisServer({ cacheDir: redisCacheDir(process.env), env: process.env, say: aloud });
}

/** Past jest, which would print the place of the call around each line. */
export function aloud(line: string): void {
  process.stderr.write(`${line}\n`);
}
