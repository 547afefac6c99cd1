import { rmSync } from 'node:fs';
import { ask } from './data-folders.ts';
import { type OwnRedis, startOwnRedis } from './redis.ts';

/** For jest's `globalSetup`: one Redis for the whole run, `REDIS_URL` or one that is started for it. */
export default async function setUpRedis(): Promise<void> {
  const given = process.env['REDIS_URL'];
  if (given !== undefined) {
    process.env['TEST_REDIS_URL'] = given;
    return;
  }
  const redis = await startOwnRedis();
  // Nobody kills this one. What waits for a disk that all suites share would only be late; other tests are about that.
  await ask(redis.url, (client) => client.config('SET', 'appendfsync', 'no'));
  process.env['TEST_REDIS_URL'] = redis.url;
  runRedis.current = redis;
  endWithTheRun(redis);
}

/** What this run has started, for the teardown. */
export const runRedis: { current: OwnRedis | null } = { current: null };

/** A run that is interrupted has no teardown; the server has a session of its own and would stay. */
function endWithTheRun({ pid, dataDir }: OwnRedis): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      if (runRedis.current !== null) {
        process.kill(pid, 'SIGKILL');
        rmSync(dataDir, { recursive: true, force: true });
      }
      process.kill(process.pid, signal);
    });
  }
}
