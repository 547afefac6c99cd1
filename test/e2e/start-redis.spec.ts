import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { DataFolder, partsOf } from '../support/everything.ts';
import { sandboxSecrets, Stage } from '../support/gateway.ts';
import { list } from '../support/http.ts';
import { command } from '../support/redis-tools.ts';
import { type OwnRedis, startOwnRedis } from '../support/redis.ts';

jest.setTimeout(90_000);

const scratch = mkdtempSync(join(tmpdir(), 'gateway-which-'));
const touched = join(scratch, 'touched');
const bin = join(scratch, 'bin');

let stage: Stage;
let folder: DataFolder;
let redis: OwnRedis;

beforeAll(async () => {
  [stage, folder, redis] = await Promise.all([Stage.open(), DataFolder.make(), startOwnRedis()]);
  // A server on PATH that tells whether anybody so much as looked at it.
  command(bin, 'redis-server', `: > '${touched}'`, 'echo Redis server v=7.0.15');
});
afterAll(async () => {
  await folder.remove();
  await stage.close();
  await redis.remove();
  rmSync(scratch, { recursive: true });
});

const path = () => [bin, process.env['PATH'] ?? ''].join(delimiter);

/** Starts on a Redis that is named, and on one connection. */
async function expectNamedRedis(section: object, env: Readonly<Record<string, string>>) {
  const file = join(scratch, 'gateway.yaml');
  const { odsl = {} } = stage.connections();
  writeFileSync(file, stringify({ redis: section, connections: { odsl } }));
  const up = await folder.start({
    ...sandboxSecrets,
    GATEWAY_CONFIG: file,
    PATH: path(),
    ...env,
  });
  expect([...partsOf(up).keys()]).toEqual(['gateway', 'worker']);
  expect((await list(folder)).body.sources).toMatchObject([{ status: 'fresh' }]);
  expect(existsSync(touched)).toBe(false);
  expect(existsSync(join(folder.path, 'redis'))).toBe(false);
  await up.stop();
}

describe('npm start', () => {
  it('takes the Redis of REDIS_URL before one on PATH', async () => {
    await expectNamedRedis({}, { REDIS_URL: redis.url });
  });

  it('takes the Redis of the configuration before one on PATH', async () => {
    await expectNamedRedis({ url: { env: 'NAMED_REDIS' } }, { NAMED_REDIS: redis.url });
  });

  it('takes REDIS_URL before the configuration', async () => {
    const section = { url: 'redis://127.0.0.1:9' };
    await expectNamedRedis(section, { REDIS_URL: redis.url });
  });

  it('says what to install where there is no Redis and none can be fetched', async () => {
    const empty = join(scratch, 'empty');
    const start = folder.run('start', { PATH: empty, GATEWAY_CACHE: empty });
    expect((await start.end()).code).toBe(1);
    expect(start.output).toContain('No Redis server was found, and none could be fetched:');
    expect(start.output).toMatch(/install it with\n\n {4}\S+|Install Redis/);
    expect(start.output).toContain('or set REDIS_URL to a Redis of your own');
    expect(start.output).not.toMatch(/^\s+at /m);
    expect([...partsOf(start).keys()]).toEqual([]);
  });
});
