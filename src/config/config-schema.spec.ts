import { describe, expect, test } from '@jest/globals';
import { OpenAPIBackend } from 'openapi-backend';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { platforms } from '../platforms/all.ts';
import { configSchema } from './config-schema.ts';
import { gatewayConfigSchemaOf } from './gateway.config.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const schema = configSchema(platforms);
const gatewayConfigSchema = gatewayConfigSchemaOf(platforms);
const example = readFileSync('gateway.example.yaml', 'utf8');

const file = { file: '.prettierrc.json' };
const url = 'https://acme.example.com';
const client = { type: 'clientCredentials', tokenUrl: url, clientId: 'a', clientSecret: file };
const odsl = { platform: 'odsl', baseUrl: url, auth: { type: 'token', token: file } };
const one = (connection: object): object => ({ connections: { a: connection } });

/** What an editor would mark, by a validator that knows JSON Schema only: a file is taken for the body of a request. */
const editor = await new OpenAPIBackend({
  definition: {
    openapi: '3.1.0',
    info: { title: 'Configuration', version: '1' },
    paths: {
      '/': {
        post: {
          operationId: 'write',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { ...schema, $schema: undefined } } },
          },
          responses: {},
        },
      },
    },
    // The library's type of a document comes from a package that this project does not have.
  } as ConstructorParameters<typeof OpenAPIBackend>[0]['definition'],
  quick: true,
  ajvOpts: { strict: false, formats: { uuid: true } },
}).init();

function problemsOf(config: unknown): readonly unknown[] {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'post', path: '/', headers, body: config };
  return editor.validateRequest(request, 'write').errors ?? [];
}

describe('the schema for editors', () => {
  test('takes the example', () => {
    expect(problemsOf(parse(example))).toEqual([]);
  });

  test.each<[string, object, boolean]>([
    ['one connection', one(odsl), true],
    ['nothing', {}, false],
    ['no connection', { connections: {} }, false],
    ['two hundred connections', many(200), true],
    ['more connections than that', many(201), false],
    ['an id of a connection that is none', { connections: { 'A b': odsl } }, false],
    ['an unknown platform', one({ ...odsl, platform: 'nope' }), false],
    ['an unknown setting', one({ ...odsl, colour: 'red' }), false],
    ['a setting of another platform', one({ ...odsl, pageSize: 5 }), false],
    ['another scheme of addresses', one({ ...odsl, baseUrl: 'ftp://x' }), false],
    ['a secret itself', one({ ...odsl, auth: { type: 'token', token: 'abc' } }), false],
    [
      'a secret from two places',
      one({ ...odsl, auth: { type: 'token', token: { ...file, env: 'A' } } }),
      false,
    ],
    ['an unknown way to sign in', one({ ...odsl, auth: { type: 'magic' } }), false],
    ['a duration without a unit', { ...one(odsl), catalogue: { ttl: '30' } }, false],
    ['a port that is none', { ...one(odsl), server: { port: 70_000 } }, false],
    [
      'Frends with a scope',
      one({ ...odsl, platform: 'frends', auth: { ...client, scope: 'a' } }),
      true,
    ],
    [
      'Frends with a resource',
      one({ ...odsl, platform: 'frends', auth: { ...client, resource: 'a' } }),
      true,
    ],
    ['Frends with neither', one({ ...odsl, platform: 'frends', auth: client }), false],
    [
      'Frends with both',
      one({ ...odsl, platform: 'frends', auth: { ...client, scope: 'a', resource: 'b' } }),
      false,
    ],
  ])('says of %s what the start says', (_name, config, isValid) => {
    expect(gatewayConfigSchema.safeParse(config).success).toBe(isValid);
    expect(problemsOf(config).length === 0).toBe(isValid);
  });

  test('describes every field', () => {
    const all = fieldsOf(schema, '');
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(({ field }) => (field.description ?? '') === '').map(({ at }) => at)).toEqual(
      [],
    );
  });
});

describe('the example', () => {
  const sections = example
    .split(/^(?= {2}[\w-]+:$)/m)
    .filter((text) => /^ {4}platform: /m.test(text));
  const common = `${example.slice(0, example.indexOf('connections:'))}${sections[0] ?? ''}`;

  test.each(connectionsOf(schema))('names every setting of %s', (platform, connection) => {
    const text = sections.filter((each) => each.includes(`platform: ${platform}\n`)).join('\n');
    const names = fieldsOf(connection, '').map(({ at }) => at.split('.').at(-1) ?? '');
    const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text + common));
    expect(missing).toEqual([]);
    const words = fieldsOf(connection, '').flatMap(({ field }) => field.const ?? field.enum ?? []);
    expect(words.filter((word) => !text.includes(String(word)))).toEqual([]);
  });
});

function many(count: number): object {
  const ids = Array.from({ length: count }, (_, index) => `c${index}`);
  return { connections: Object.fromEntries(ids.map((id) => [id, odsl])) };
}

interface Field {
  readonly at: string;
  readonly field: Schema;
}

/** Every field of a schema, at whatever depth. */
function fieldsOf(of: Schema, at: string): Field[] {
  const members = Object.entries(of.properties ?? {}).flatMap(([name, field]) => [
    { at: `${at}.${name}`, field: field as Schema },
    ...fieldsOf(field as Schema, `${at}.${name}`),
  ]);
  const others = [of.additionalProperties, ...(of.anyOf ?? []), ...(of.oneOf ?? [])].filter(
    (each) => typeof each === 'object',
  );
  return [...members, ...others.flatMap((each) => fieldsOf(each, at))];
}

/** What a connection can be, by platform. */
function connectionsOf(of: Schema): [platform: string, connection: Schema][] {
  const connections = of.properties?.['connections'] as Schema;
  const kinds = (connections.additionalProperties as Schema).oneOf ?? [];
  return kinds.map((kind) => {
    const connection = kind;
    return [String((connection.properties?.['platform'] as Schema).const), connection];
  });
}
