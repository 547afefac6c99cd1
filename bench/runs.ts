import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedRedis } from '../src/embedded/redis-server.ts';
import { findRedisServer, redisCacheDir } from '../src/embedded/redis-find.ts';
import { type LiveCase, liveHead, liveRuns } from './runs/live-runs.ts';
import { logHead, longLog } from './runs/long-log.ts';
import { table } from './runs/process-cost.ts';
import { waiters, waitersHead } from './runs/waiters.ts';
import { watchers, watchersHead } from './runs/watchers.ts';

if (process.platform !== 'linux') throw new Error('CPU is read from /proc: run this on Linux');

/** As `uipath:1000`. */
const usual = [
  'uipath:0',
  ...['uipath', 'concord', 'odsl', 'frends'].flatMap((platform) =>
    [100, 1_000, 10_000].map((runs) => `${platform}:${runs}`),
  ),
];

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** What the command line asks for: `live`, `waiters`, `watchers`, `log` or single cases of `live`; everything when it asks for nothing. */
const wanted = process.argv.slice(2);
const wants = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const named = wanted.filter((each) => each.includes(':'));
const live = (wants('live') ? usual : named).map((each): LiveCase => {
  const [platform = '', runs = ''] = each.split(':');
  return { platform, runs: Number(runs) };
});

const program = await findRedisServer({
  cacheDir: redisCacheDir(process.env),
  env: process.env,
  say,
});
const dataDir = mkdtempSync(join(tmpdir(), 'bench-runs-'));
const redis = await startEmbeddedRedis({ dataDir, program, say });
try {
  if (wants('waiters')) table(waitersHead, await waiters(redis.url));
  if (wants('watchers')) table(watchersHead, await watchers(redis.url));
  if (wants('log')) table(logHead, await longLog(redis.url));
  const rows: string[][] = [];
  for (const each of live) {
    const row = await liveRuns(each, redis.url);
    say(row.join('  '));
    rows.push(row);
  }
  if (rows.length > 0) table(liveHead, rows);
} finally {
  await redis.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(0);
