import { Redis } from 'ioredis';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer, redisCacheDir } from '../src/embedded/redis-find.ts';
import { startEmbeddedRedis } from '../src/embedded/redis-server.ts';
import { accept, pace } from './imports/accepting.ts';
import type { Bench, Measured } from './imports/bench.ts';
import { download } from './imports/download.ts';
import { drain } from './imports/draining.ts';
import { uploads, uploadsToS3 } from './imports/uploads.ts';
import { table } from './runs/process-cost.ts';

/** `npm run bench:imports`, or `npm run bench:imports -- accept drain` for some of the cases. */
if (process.platform !== 'linux') throw new Error('CPU is read from /proc: run this on Linux');
const cases: Readonly<Record<string, (bench: Bench) => Promise<Measured>>> = {
  accept,
  pace,
  drain,
  uploads,
  'uploads-s3': uploadsToS3,
  download,
};
const asked = process.argv.slice(2);
const wanted = asked.length === 0 ? Object.keys(cases) : asked;
const unknown = wanted.filter((name) => !Object.hasOwn(cases, name));
if (unknown.length > 0)
  throw new Error(
    `there is no case ${unknown.join(', ')}; known are ${Object.keys(cases).join(', ')}`,
  );

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const cacheDir = redisCacheDir(process.env);
const program = await findRedisServer({ cacheDir, env: process.env, say });
const dataDir = mkdtempSync(join(tmpdir(), 'bench-imports-redis-'));
const redis = await startEmbeddedRedis({ dataDir, program, say });
await keepAs(process.env['BENCH_FSYNC'] ?? 'everysec');

/** How often Redis waits for its disk: `everysec`, as it is kept elsewhere, or `always`. */
async function keepAs(fsync: string): Promise<void> {
  const client = new Redis(redis.url);
  await client.config('SET', 'appendfsync', fsync);
  await client.quit();
}

/** Runs a case, and leaves nothing of it: neither processes nor keys. */
async function alone(run: (bench: Bench) => Promise<Measured>): Promise<Measured> {
  const started: { stop(): Promise<unknown> }[] = [];
  const keep: Bench['keep'] = (each) => {
    started.push(each);
    return each;
  };
  try {
    return await run({ redis, keep });
  } finally {
    for (const each of started.reverse()) await each.stop();
    const client = new Redis(redis.url);
    await client.flushall();
    await client.quit();
  }
}

try {
  for (const name of wanted) {
    const run = cases[name];
    if (run === undefined) continue;
    const { head, rows } = await alone(run);
    table(head, rows);
  }
} finally {
  await redis.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(0);
