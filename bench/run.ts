import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer, redisCacheDir } from '../src/embedded/redis-find.ts';
import { startEmbeddedRedis } from '../src/embedded/redis-server.ts';
import { cases } from './cases.ts';
import { print } from './measure.ts';
import type { Peer } from './peers.ts';

/** `npm run bench`, or `npm run bench -- hot herd` for some of the cases. */
if (process.platform !== 'linux') throw new Error('CPU is read from /proc: run this on Linux');
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
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const cacheDir = redisCacheDir(process.env);
const program = await findRedisServer({ cacheDir, env: process.env, say });
const redis = await startEmbeddedRedis({ dataDir: folder, program, say });
const running: Peer[] = [];
const rows: string[][] = [];
const keep = <T extends Peer>(started: T): T => {
  running.push(started);
  return started;
};

try {
  for (const name of wanted) await cases[name]?.({ folder, redisUrl: redis.url, say, keep, rows });
  print(rows);
} finally {
  await Promise.all(running.reverse().map((each) => each.stop()));
  await redis.stop();
}
process.exit(0);
