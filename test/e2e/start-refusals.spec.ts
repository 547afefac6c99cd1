import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { freePort } from '../support/everything.ts';
import { RefusedStarts } from '../support/refused-starts.ts';

jest.setTimeout(60_000);

const starts = new RefusedStarts();

describe('a start that cannot be', () => {
  it('says everything that is wrong at once', async () => {
    const busy = createServer().listen(starts.folder.port, '127.0.0.1');
    await once(busy, 'listening');
    try {
      const said = await starts.refusal('start', {
        REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
        LOG_LEVEL: 'loud',
        GATEWAY_CONFIG: starts.config(
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
        `port ${starts.folder.port} on 127.0.0.1 is taken by another program`,
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
    const busy = createServer().listen(starts.folder.port, '127.0.0.1');
    await once(busy, 'listening');
    const nobody = await freePort();
    try {
      const file = starts.config(
        stringify({
          server: { port: starts.folder.port, colour: 'red' },
          redis: { url: `redis://127.0.0.1:${nobody}`, prefix: 'not a prefix' },
          connections: { zapier: { platform: 'zapier' } },
        }),
      );
      for (const name of ['start', 'main'] as const) {
        const said = await starts.refusal(name, { GATEWAY_CONFIG: file, PORT: '' });
        for (const text of [
          'server.colour is not known here',
          'redis.prefix',
          'connections.zapier',
          `port ${starts.folder.port} on 127.0.0.1 is taken by another program`,
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
    const bad = { ...(starts.stage.connections()['odsl'] ?? {}), timeout: 'soon' };
    for (const url of [{ env: 'NOT_SET_ANYWHERE' }, 'localhost:6379', { env: 'WRONG_URL' }]) {
      const file = starts.config({ redis: { url }, connections: { bad } });
      const said = await starts.refusal('main', {
        GATEWAY_CONFIG: file,
        WRONG_URL: 'localhost:6379',
      });
      expect(said).toMatch(/- \d+\.yaml: redis\.url: /);
      expect(said).toContain('connections.bad.timeout');
      expect(said).not.toContain('no Redis is named');
    }
    const said = await starts.refusal('worker', {
      GATEWAY_CONFIG: starts.config({ connections: { bad } }),
    });
    expect(said).toContain('no Redis is named');
  });

  it('says that there is no configuration whatever else is wrong', async () => {
    const said = await starts.refusal('main', { PORT: 'http' });
    expect(said).toContain('PORT must be a number');
    expect(said).toContain('there is no configuration');
    expect(said).toContain('no Redis is named');
  });

  it('finds that the Redis of the catalogue is away', async () => {
    const nobody = await freePort();
    const file = starts.config({ redis: { catalogueUrl: `redis://127.0.0.1:${nobody}` } });
    for (const name of ['start', 'main', 'worker'] as const) {
      const said = await starts.refusal(name, { GATEWAY_CONFIG: file });
      expect(said).toContain(`- Redis at 127.0.0.1:${nobody} cannot be reached`);
    }
  });

  it('finds a database of Redis that is none, instead of using another one', async () => {
    const numbered = (path: string) => new URL(path, process.env['TEST_REDIS_URL'] ?? '').href;
    const said = await starts.refusal('main', {
      GATEWAY_CONFIG: starts.config({}),
      REDIS_URL: numbered('/99'),
    });
    expect(said).toMatch(/- Redis at \S+ does not let it use database 99 \(ERR DB index/);
    for (const [name, path] of [
      ['main', '/abc'],
      ['worker', '/?db=abc'],
    ] as const) {
      const env = { GATEWAY_CONFIG: starts.config({}), REDIS_URL: numbered(path) };
      expect(await starts.refusal(name, env)).toContain('- REDIS_URL must be a redis:// or');
    }
  });

  it('names settings of a connection that contradict each other', async () => {
    const { uipath = {}, odsl = {} } = starts.stage.connections();
    const file = starts.config({
      catalogue: { cursorKey: { env: 'SHORT_KEY' } },
      connections: {
        unplaced: { ...uipath, feed: 'folder', folder: undefined, timeout: 'soon' },
        abroad: { ...odsl, baseUrl: 'https://odsl.example.com/api', sandbox: true },
      },
    });
    for (const name of ['start', 'main'] as const) {
      const said = await starts.refusal(name, { GATEWAY_CONFIG: file, SHORT_KEY: 'x'.repeat(31) });
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
    const broken = starts.config('connections: [\n  a: {');
    expect(await starts.refusal('start', { GATEWAY_CONFIG: broken })).toContain(broken);
    const missing = join(starts.folder.path, 'nowhere.yaml');
    expect(await starts.refusal('main', { GATEWAY_CONFIG: missing })).toContain(
      `${missing} cannot be read (ENOENT)`,
    );
  });

  it.each(['main', 'worker'] as const)('needs a configuration and a Redis: %s', async (name) => {
    const said = await starts.refusal(name, {});
    expect(said).toContain('there is no configuration');
    expect(said).toContain('no Redis is named');
  });

  it.each([
    ['PORT', { PORT: 'http' }, 'PORT must be a number'],
    ['PORT', { PORT: '80.5' }, 'PORT must be a number from 0 to 65535, not "80.5"'],
    ['HOST', { HOST: '300.1.1.1' }, '"300.1.1.1" is no address of this machine'],
    ['HOST', { HOST: '192.0.2.1' }, '"192.0.2.1" is no address of this machine'],
    ['data folder', { GATEWAY_DATA: '/proc/x' }, 'the data folder /proc/x cannot be'],
    ['data folder', { GATEWAY_DATA: process.execPath }, 'is a file; set GATEWAY_DATA to a folder'],
    ['data folder', { GATEWAY_DATA: join(process.execPath, 'x') }, 'is a file; set GATEWAY_DATA'],
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }, 'REDIS_URL must be a redis:// or rediss:// URL'],
  ])('names a %s that cannot be', async (_name, env, expected) => {
    expect(await starts.refusal('start', env)).toContain(expected);
  });
});

describe('a folder that no start has made', () => {
  it('is neither used nor cleared, whatever is in it', async () => {
    const foreign = mkdtempSync(join(tmpdir(), 'process-gateway-foreign-'));
    try {
      mkdirSync(join(foreign, 'logs'));
      writeFileSync(join(foreign, 'logs', 'precious.log'), 'kept');
      for (const name of ['start', 'reset'] as const) {
        const said = await starts.refusal(name, { GATEWAY_DATA: foreign });
        expect(said).toContain(`the data folder ${foreign} holds logs, which no start`);
      }
      expect(readdirSync(join(foreign, 'logs'))).toEqual(['precious.log']);
    } finally {
      rmSync(foreign, { recursive: true });
    }
  });
});
