import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { ask } from '../support/data-folders.ts';
import { DataFolder, freePort, partsOf } from '../support/everything.ts';
import { sandboxSecrets, type Sections, Stage } from '../support/gateway.ts';
import { get, list } from '../support/http.ts';
import { Program } from '../support/program.ts';
import { type OwnRedis, startOwnRedis } from '../support/redis.ts';

jest.setTimeout(60_000);

let folder: DataFolder;
let stage: Stage;

beforeAll(async () => {
  [folder, stage] = await Promise.all([DataFolder.make(), Stage.open()]);
});
afterAll(async () => {
  await folder.remove();
  await stage.close();
});

let files = 0;
/** A configuration of one connection, or of what is given as text. */
function config(sections: Sections | string): string {
  const file = join(folder.path, `${(files += 1)}.yaml`);
  const { odsl = {} } = stage.connections();
  const whole =
    typeof sections === 'string' ? sections : stringify({ connections: { odsl }, ...sections });
  writeFileSync(file, whole);
  return file;
}

/** Runs a program that has to refuse, and gives what it says. */
async function refusal(
  name: 'start' | 'main' | 'worker',
  env: Record<string, string>,
): Promise<string> {
  const all = { PORT: String(folder.port), GATEWAY_DATA: folder.path, ...sandboxSecrets, ...env };
  const program = new Program(name, { cwd: folder.path, env: all });
  expect((await program.end()).code).toBe(1);
  // For people: no stack, and no lines of the log.
  expect(program.output).not.toMatch(/^\s+at |\{"level"/m);
  return program.output;
}

describe('a start that cannot be', () => {
  it('says everything that is wrong at once', async () => {
    const busy = createServer().listen(folder.port, '127.0.0.1');
    await once(busy, 'listening');
    try {
      const said = await refusal('start', {
        REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
        LOG_LEVEL: 'loud',
        GATEWAY_CONFIG: config(
          stringify({
            catalogue: { ttl: 'soon', memry: '1MB' },
            connections: {
              Odsl: { platform: 'odsl', baseUrl: 'http://127.0.0.1' },
              zapier: { platform: 'zapier' },
              frends: {
                platform: 'frends',
                baseUrl: 'ftp://example.com',
                auth: { type: 'token', token: 'in the open' },
              },
              concord: {
                platform: 'concord',
                baseUrl: 'http://127.0.0.1',
                auth: { type: 'apiKey', key: { env: 'NOT_SET_ANYWHERE' } },
              },
            },
          }),
        ),
      });
      for (const text of [
        'Cannot start:',
        `port ${folder.port} on 127.0.0.1 is taken by another program`,
        'Redis at 127.0.0.1',
        'LOG_LEVEL must be one of',
        'catalogue.ttl',
        'catalogue.memry is not known here',
        'connections.Odsl',
        'connections.zapier',
        'connections.frends.baseUrl',
        'connections.frends.auth.token',
        'NOT_SET_ANYWHERE is not set or empty',
      ]) {
        expect(said).toContain(text);
      }
      expect(said).not.toContain('in the open');
    } finally {
      busy.close();
    }
  });

  it('names the file that is not YAML, or not there', async () => {
    const broken = config('connections: [\n  a: {');
    expect(await refusal('start', { GATEWAY_CONFIG: broken })).toContain(broken);
    const missing = join(folder.path, 'nowhere.yaml');
    expect(await refusal('main', { GATEWAY_CONFIG: missing })).toContain(
      `${missing} cannot be read (ENOENT)`,
    );
  });

  it.each(['main', 'worker'] as const)('needs a configuration and a Redis: %s', async (name) => {
    const said = await refusal(name, {});
    expect(said).toContain('there is no configuration');
    expect(said).toContain('no Redis is named');
  });

  it.each([
    ['PORT', { PORT: 'http' }, 'PORT must be a number'],
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }, 'REDIS_URL must be a redis:// or rediss:// URL'],
  ])('names a %s that cannot be', async (_name, env, expected) => {
    expect(await refusal('start', env)).toContain(expected);
  });
});

describe('a Redis that may forget', () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await startOwnRedis();
    await ask(redis.url, async (client) => {
      await client.config('SET', 'appendonly', 'no');
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    });
  });
  afterAll(() => redis.remove());

  it('is warned about, loudly, and used', async () => {
    const up = await folder.start({
      ...sandboxSecrets,
      REDIS_URL: redis.url,
      GATEWAY_CONFIG: config({}),
    });
    expect(up.output).toMatch(/WARNING: Redis may lose accepted work: .*append-only file/);
    expect(up.output).toMatch(/WARNING: Redis may lose accepted work: .*allkeys-lru/);
    // The configuration's connection instead of the sandboxes.
    const { body } = await list(folder);
    expect(body.sources).toMatchObject([{ connection: 'odsl', status: 'fresh' }]);
    expect(stage.sandbox('odsl').requests()).not.toHaveLength(0);
    expect([...partsOf(up).keys()]).toEqual(['gateway', 'worker']);
    expect(up.output).toContain('as named by REDIS_URL or the configuration');
    expect(up.output).not.toContain(new URL(redis.url).password);
    await up.stop();
  });

  it('is refused where it has to be durable, by every program', async () => {
    const env = {
      REDIS_URL: redis.url,
      GATEWAY_CONFIG: config({ redis: { requireDurable: true } }),
    };
    for (const name of ['start', 'main', 'worker'] as const) {
      const said = await refusal(name, env);
      expect(said).toMatch(/- Redis may lose accepted work: .*append-only file/);
      expect(said).toMatch(/- Redis may lose accepted work: .*allkeys-lru/);
      expect(said).not.toContain(new URL(redis.url).password);
    }
  });
});

describe('the sandboxes alone', () => {
  const run = (...args: string[]) => new Program('sandbox', { args, env: {}, cwd: folder.path });

  it('run as many and as large as wanted, where they are wanted', async () => {
    const port = await freePort();
    const program = run('--only', 'odsl', '--port', String(port), '--size', '5');
    await program.until(new RegExp(`odsl +http://127.0.0.1:${port}`));
    expect(program.output).toContain('sandbox-token');
    expect(program.output).not.toContain('uipath');
    const there = { baseUrl: `http://127.0.0.1:${port}` };
    const { body } = await get<unknown[]>(there, '/api/process/v1', {
      authorization: 'Bearer sandbox-token',
    });
    expect(body).toHaveLength(5);
    expect((await get<string[]>(there, '/_sandbox/requests')).body).toHaveLength(1);
    expect((await program.stop()).code).toBe(0);
  });

  it('say how they are used to who asks for what is not there', async () => {
    const wrong = run('--only', 'zapier', '--size', 'many', '--port', '99999');
    expect((await wrong.end()).code).toBe(1);
    for (const text of [
      'there is no sandbox "zapier"',
      '--size takes a whole number of 1000000 at most, not "many"',
      '--port takes',
      '--only   one of',
    ]) {
      expect(wrong.output).toContain(text);
    }
    const strange = run('--colour', 'red');
    expect((await strange.end()).code).toBe(1);
    expect(strange.output).toContain('--colour');
    expect(strange.output).not.toMatch(/^\s+at /m);
    const busy = run('--port', new URL(stage.sandbox('odsl').url).port);
    expect((await busy.end()).code).toBe(1);
    expect(busy.output).toContain('is taken by another program');
    const help = run('--help');
    expect((await help.end()).code).toBe(0);
  });
});
