import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { ask } from '../support/data-folders.ts';
import { eventually } from '../support/eventually.ts';
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
  name: 'start' | 'main' | 'worker' | 'reset',
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

  it('looks around by what is legible of a file that is not valid', async () => {
    const busy = createServer().listen(folder.port, '127.0.0.1');
    await once(busy, 'listening');
    const nobody = await freePort();
    try {
      const file = config(
        stringify({
          server: { port: folder.port, colour: 'red' },
          redis: { url: `redis://127.0.0.1:${nobody}`, prefix: 'not a prefix' },
          connections: { zapier: { platform: 'zapier' } },
        }),
      );
      for (const name of ['start', 'main'] as const) {
        const said = await refusal(name, { GATEWAY_CONFIG: file, PORT: '' });
        for (const text of [
          'server.colour is not known here',
          'redis.prefix',
          'connections.zapier',
          `port ${folder.port} on 127.0.0.1 is taken by another program`,
          `Redis at 127.0.0.1:${nobody} cannot be reached`,
        ]) {
          expect(said).toContain(text);
        }
        expect(said).not.toContain('no Redis is named');
      }
    } finally {
      busy.close();
    }
  });

  it('does not miss a Redis that is named and cannot be used', async () => {
    const bad = { ...(stage.connections()['odsl'] ?? {}), timeout: 'soon' };
    for (const url of [{ env: 'NOT_SET_ANYWHERE' }, 'localhost:6379', { env: 'WRONG_URL' }]) {
      const file = config({ redis: { url }, connections: { bad } });
      const said = await refusal('main', { GATEWAY_CONFIG: file, WRONG_URL: 'localhost:6379' });
      expect(said).toMatch(/- \d+\.yaml: redis\.url: /);
      expect(said).toContain('connections.bad.timeout');
      expect(said).not.toContain('no Redis is named');
    }
    const said = await refusal('worker', { GATEWAY_CONFIG: config({ connections: { bad } }) });
    expect(said).toContain('no Redis is named');
  });

  it('says that there is no configuration whatever else is wrong', async () => {
    const said = await refusal('main', { PORT: 'http' });
    expect(said).toContain('PORT must be a number');
    expect(said).toContain('there is no configuration');
    expect(said).toContain('no Redis is named');
  });

  it('finds that the Redis of the catalogue is away', async () => {
    const nobody = await freePort();
    const file = config({ redis: { catalogueUrl: `redis://127.0.0.1:${nobody}` } });
    for (const name of ['start', 'main', 'worker'] as const) {
      const said = await refusal(name, { GATEWAY_CONFIG: file });
      expect(said).toContain(`- Redis at 127.0.0.1:${nobody} cannot be reached`);
    }
  });

  it('names settings of a connection that contradict each other', async () => {
    const { uipath = {}, odsl = {} } = stage.connections();
    const file = config({
      catalogue: { cursorKey: { env: 'SHORT_KEY' } },
      connections: {
        unplaced: { ...uipath, feed: 'folder', folder: undefined, timeout: 'soon' },
        abroad: { ...odsl, baseUrl: 'https://odsl.example.com/api', sandbox: true },
      },
    });
    for (const name of ['start', 'main'] as const) {
      const said = await refusal(name, { GATEWAY_CONFIG: file, SHORT_KEY: 'x'.repeat(31) });
      for (const text of [
        'connections.unplaced.timeout: must be a duration',
        'connections.unplaced.feed: is the folder’s own, and no folder is named',
        'connections.abroad.sandbox: is for sandboxes on loopback only',
        'catalogue.cursorKey: holds less than 32 characters',
      ]) {
        expect(said).toContain(text);
      }
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
    ['HOST', { HOST: '300.1.1.1' }, '"300.1.1.1" is no address of this machine'],
    ['HOST', { HOST: '192.0.2.1' }, '"192.0.2.1" is no address of this machine'],
    ['data folder', { GATEWAY_DATA: '/proc/x' }, 'the data folder /proc/x cannot be'],
    ['data folder', { GATEWAY_DATA: process.execPath }, 'is a file; set GATEWAY_DATA to a folder'],
    ['data folder', { GATEWAY_DATA: join(process.execPath, 'x') }, 'is a file; set GATEWAY_DATA'],
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }, 'REDIS_URL must be a redis:// or rediss:// URL'],
  ])('names a %s that cannot be', async (_name, env, expected) => {
    expect(await refusal('start', env)).toContain(expected);
  });
});

describe('a folder that no start has made', () => {
  it('is neither used nor cleared, whatever is in it', async () => {
    const foreign = mkdtempSync(join(tmpdir(), 'process-gateway-foreign-'));
    try {
      mkdirSync(join(foreign, 'logs'));
      writeFileSync(join(foreign, 'logs', 'precious.log'), 'kept');
      for (const name of ['start', 'reset'] as const) {
        const said = await refusal(name, { GATEWAY_DATA: foreign });
        expect(said).toContain(`the data folder ${foreign} holds logs, which no start`);
      }
      expect(readdirSync(join(foreign, 'logs'))).toEqual(['precious.log']);
    } finally {
      rmSync(foreign, { recursive: true });
    }
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
    const logged = await eventually(() => {
      const text = readFileSync(join(folder.path, 'logs', 'worker.log'), 'utf8');
      expect(text).toContain('"msg":"working"');
      return text;
    });
    for (const line of logged.trim().split('\n')) expect(line).toMatch(/^\{/);
    await up.stop();
  });

  it('is told of by a start that is refused for something else', async () => {
    const broken = { zapier: { platform: 'zapier' } };
    const env = { REDIS_URL: redis.url };
    for (const name of ['start', 'main', 'worker'] as const) {
      const warned = { GATEWAY_CONFIG: config({ connections: broken }), ...env };
      const warning = /connections\.zapier[\s\S]*WARNING: Redis may lose .*append-only file/;
      expect(await refusal(name, warned)).toMatch(warning);
      const sections = { redis: { requireDurable: true }, connections: broken };
      const refused = { GATEWAY_CONFIG: config(sections), ...env };
      const problem = /- \d+\.yaml: connections\.zapier[\s\S]*- Redis may lose .*append-only file/;
      expect(await refusal(name, refused)).toMatch(problem);
    }
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
    await program.until(/API key, it is the clientSecret/);
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
