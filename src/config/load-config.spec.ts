import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { platforms } from '../platforms/all.ts';
import { gatewayConfigSchemaOf } from './gateway.config.ts';
import { completeConfig, readConfig } from './load-config.ts';

const gatewayConfigSchema = gatewayConfigSchemaOf(platforms);

/** What the example refers to. */
const secrets = {
  UIPATH_CLIENT_SECRET: 'a',
  CONCORD_API_KEY: 'b',
  ODSL_CLIENT_SECRET: 'c',
  FRENDS_CLIENT_SECRET: 'd',
};

function read(yaml: string, env: Record<string, string> = {}): ReturnType<typeof readConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, yaml);
  const before = { ...process.env };
  Object.assign(process.env, secrets);
  try {
    const { problems, ...rest } = readConfig({ GATEWAY_CONFIG: file, ...env }, platforms);
    // Where the file lies is said of each; here it only stands in the way.
    return { ...rest, problems: problems.map((each) => each.replace(`${file}: `, '')) };
  } finally {
    for (const name of Object.keys(secrets)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
    rmSync(folder, { recursive: true });
  }
}

describe('the example', () => {
  const example = readFileSync('gateway.example.yaml', 'utf8').replace(
    '/run/secrets/uipath-password',
    '.prettierrc.json',
  );

  test('is valid', () => {
    const config = completeConfig(read(example));
    expect(config?.connections.map(({ id, platform }) => `${platform} ${id}`)).toEqual([
      'uipath uipath-cloud',
      'uipath uipath-onprem',
      'concord concord',
      'odsl odsl',
      'frends frends-eu',
    ]);
    expect(config?.catalogue.ttl).toBe(30_000);
    expect(config?.connections[0]?.ttl).toBe(60_000);
  });

  test('names every setting that there is, and its default', () => {
    const text = example.replaceAll(/^(\s*)# (\w+: )/gm, '$1$2');
    const written = parse(text) as Record<string, Record<string, unknown>>;
    const minimal = gatewayConfigSchema.parse({ connections: { a: sandboxConnection } });
    for (const section of ['server', 'redis', 'catalogue', 'runs', 'files', 'log'] as const) {
      const known = Object.keys(gatewayConfigSchema.shape[section].unwrap().shape);
      expect(Object.keys(written[section] ?? {}).sort()).toEqual(known.sort());
    }
    const stated = gatewayConfigSchema.parse({
      ...(parse(example) as object),
      connections: { a: sandboxConnection },
    });
    expect({ ...stated, redis: { ...stated.redis, url: undefined } }).toEqual({
      ...minimal,
      redis: { ...minimal.redis, url: undefined },
    });
  });
});

const sandboxConnection = {
  platform: 'odsl',
  baseUrl: 'http://127.0.0.1:1/api',
  auth: { type: 'token', token: { file: '.prettierrc.json' } },
};

describe('what is wrong', () => {
  test('is named all at once, each with its place', () => {
    const { problems } = read(
      `server: {port: 99999, colour: red}
catalogue: {ttl: 5 minutes}
connections:
  Not_An_Id: {platform: odsl}
  a: {platform: nope}
  b: {platform: odsl, baseUrl: 'ftp://x', auth: {type: token, token: plain-text-secret}}
  c: {platform: odsl, baseUrl: 'http://x', auth: {type: token, token: {env: NOT_SET}}}
  d: {platform: frends, auth: {type: token, token: {file: /does/not/exist}}}
`,
      { PORT: 'eighty', REDIS_URL: 'http://x', LOG_LEVEL: 'loud' },
    );
    const text = problems.join('\n');
    for (const said of [
      'PORT must be a number',
      'REDIS_URL must be',
      'LOG_LEVEL must be one of',
      'server.port',
      'server.colour is not known here',
      'catalogue.ttl: must be a duration',
      'connections.Not_An_Id: must be a connection id',
      'connections.a.platform: must be one of concord, frends, odsl, uipath',
      'connections.b.baseUrl: must be an http or https URL',
      'connections.b.auth.token: must be {env: NAME} or {file: PATH}, never the secret itself',
      'connections.c.auth.token: the environment variable NOT_SET is not set or empty',
      'connections.d.baseUrl is missing',
      'connections.d.auth.token: the file /does/not/exist cannot be read (ENOENT)',
    ]) {
      expect(text).toContain(said);
    }
    expect(text).not.toContain('plain-text-secret');
  });

  test('inside a connection is named though its id or its platform is wrong', () => {
    const { problems } = read(
      `connections:
  Not_An_Id: {platform: odsl, baseUrl: 'ftp://x', auth: {type: token, token: plain-text-secret}}
  a: {platform: nope, baseUrl: 'ftp://x', timeout: soon}
`,
    );
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringContaining('connections.Not_An_Id: must be a connection id'),
        expect.stringContaining('connections.Not_An_Id.baseUrl: must be an http'),
        expect.stringContaining('connections.Not_An_Id.auth.token: must be {env: NAME}'),
        expect.stringContaining('connections.a.platform: must be one of'),
        expect.stringContaining('connections.a.baseUrl: must be an http'),
        expect.stringContaining('connections.a.timeout: must be a duration'),
      ]),
    );
    expect(problems).toHaveLength(6);
  });

  test('that nothing could ever be read with is refused', () => {
    const settings = 'timeout: 0s, listTimeout: 0s, maxBody: 0B, concurrency: 0';
    const { problems } = read(
      `connections: {a: {platform: odsl, baseUrl: 'https://x', auth: {type: token, token: {env: PATH}}, ${settings}}}`,
    );
    expect(problems).toEqual([
      expect.stringContaining('connections.a.timeout: must be 1ms at least'),
      expect.stringContaining('connections.a.listTimeout: must be 1ms at least'),
      expect.stringContaining('connections.a.concurrency: must be 1'),
      expect.stringContaining('connections.a.maxBody: must be 1KB at least'),
    ]);
  });

  test.each([
    ['catalogue: {ttl: 30}', 'catalogue.ttl: must be a duration, as 250ms, 30s, 10m, 24h or 7d'],
    ['catalogue: {memory: 5}', 'catalogue.memory: must be a size, as 512KB, 64MB or 2GB'],
    ['catalogue: {deadline: 25d}', 'catalogue.deadline: must be 1ms at least and 1d at most'],
    ['catalogue: {pin: 0s}', 'catalogue.pin: must be 1s at least'],
    ...['ttl', 'staleWhileRevalidate', 'staleIfError', 'pin'].map((name) => [
      `catalogue: {${name}: 366d}`,
      `catalogue.${name}: must be 365d at most`,
    ]),
    ['catalogue: {maxBytes: 1B}', 'catalogue.maxBytes: must be 1MB at least'],
    ['server: {port: many}', 'server.port: must be a number'],
    ['server: {port: 70000}', 'server.port: must be 65535 at most'],
    ['server: [1]', 'server: must be a section with members'],
    ['log: {level: loud}', 'log.level: must be one of trace, debug, info, warn, error'],
    ['redis: {prefix: "a b"}', 'redis.prefix: must be 1 to 40 of A-Z a-z 0-9 _ . -'],
    ...['"*"', 'foo', 'https://a.example/path', 'https://a.example/', 'null'].map((origin) => [
      `server: {cors: {origins: ["https://b.example:8443", ${origin}]}}`,
      origin === 'null'
        ? 'server.cors.origins.1 is empty'
        : 'server.cors.origins.1: must be an origin, as https://portal.example.com, without a path; * is none',
    ]),
  ])('is said in words: %s', (yaml = '', said = '') => {
    const { problems } = read(
      `${yaml}\nconnections: {a: {platform: odsl, baseUrl: 'http://x', auth: {type: token, token: {file: .prettierrc.json}}}}`,
    );
    expect(problems).toEqual([said]);
  });

  test('is that there is nothing', () => {
    expect(read('').problems).toEqual([expect.stringMatching(/gateway\.yaml is empty/)]);
    expect(read('# only a comment').problems).toEqual([
      expect.stringMatching(/gateway\.yaml is empty/),
    ]);
    expect(read('connections:').problems).toEqual(['connections is empty']);
  });

  test('for sure is not all that is told', () => {
    const auth =
      'auth: {type: clientCredentials, clientId: x, clientSecret: {file: .prettierrc.json}, tokenUrl: ';
    const { problems, warnings } = read(
      `connections:
  open: {platform: odsl, baseUrl: 'http://odsl.example.com', ${auth}'http://id.example.com'}}
  near: {platform: odsl, baseUrl: 'http://localhost:1', ${auth}'https://id.example.com'}}
`,
      { PORT: '' },
    );
    expect(problems).toEqual([]);
    const plain = 'connections: {a: {platform: odsl, baseUrl: "http://odsl.example.com"}}';
    expect(read(plain).warnings).toEqual([
      'connections.a.baseUrl is plain http, so whoever is on the way reads the credentials',
    ]);
    expect(warnings).toEqual([
      'PORT is set and empty, so 3000 counts',
      'connections.open.baseUrl is plain http, so whoever is on the way reads the credentials',
      'connections.open.auth.tokenUrl is plain http, so whoever is on the way reads the credentials',
    ]);
  });

  test('in the YAML itself is named with its line', () => {
    expect(read('connections: {a: [}').problems.join('\n')).toMatch(/line 1/);
  });

  test.each(['- 1', '"x"', '3', 'a\u0000b\u0000'])('is that it has no sections: %j', (yaml) => {
    expect(read(yaml).problems).toEqual(['must be a section with members']);
  });

  test('is told with the file that it stands in', () => {
    const { problems } = readConfig({ GATEWAY_CONFIG: 'package.json' }, platforms);
    expect(problems).toContain('package.json: connections is missing');
    expect(problems).toContain('package.json: scripts is not known here');
  });

  test('is also what is missing', () => {
    const { problems } = read(
      "connections: {a: {platform: odsl, baseUrl: 'https://x', auth: {type: token}}}",
    );
    expect(problems).toEqual([
      'connections.a.auth.token is missing: it must be {env: NAME} or {file: PATH}, never the secret itself',
    ]);
  });

  test('with the file is named with its path', () => {
    expect(readConfig({ GATEWAY_CONFIG: '/no/such/gateway.yaml' }, platforms).problems).toEqual([
      '/no/such/gateway.yaml cannot be read (ENOENT)',
    ]);
  });

  test('with a Redis URL that holds a password is said, without the password', () => {
    const { problems } = read(
      `redis: {url: 'redis://:hunter2@h'}\nconnections: {a: {platform: odsl, baseUrl: 'http://x', auth: {type: token, token: {file: .prettierrc.json}}}}`,
    );
    expect(problems).toEqual([
      'redis.url: holds a password: give it by {env: NAME} or {file: PATH}',
    ]);
  });
});

describe('the environment', () => {
  test('goes before the file', () => {
    const yaml = `server: {port: 1234, host: 0.0.0.0}\nredis: {url: 'redis://file'}\nconnections: {a: {platform: odsl, baseUrl: 'http://x', auth: {type: token, token: {file: .prettierrc.json}}}}`;
    const config = completeConfig(
      read(yaml, { PORT: '4321', HOST: '127.0.0.1', REDIS_URL: 'redis://env', LOG_LEVEL: 'debug' }),
    );
    expect(config?.server).toMatchObject({ port: 4321, host: '127.0.0.1' });
    expect(config?.redis.url.reveal()).toBe('redis://env');
    expect(config?.log.level).toBe('debug');
  });

  test('without anything leaves the defaults', () => {
    expect(readConfig({ GATEWAY_CONFIG: '' }, platforms)).toMatchObject({
      problems: [],
      port: 3000,
      host: '127.0.0.1',
      redisUrl: null,
    });
  });
});
