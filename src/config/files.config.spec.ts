import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { platforms } from '../platforms/all.ts';
import { filesSection } from './files.config.ts';
import { completeConfig, readConfig } from './load-config.ts';

const held = { file: '.prettierrc.json' };
const connections = {
  a: { platform: 'odsl', baseUrl: 'https://x', auth: { type: 'token', token: held } },
};

/** Reads a configuration with such a section of files. */
function read(files: unknown): ReturnType<typeof readConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify({ redis: { url: 'redis://x' }, files, connections }));
  const { problems, ...rest } = readConfig(
    { GATEWAY_CONFIG: file, GATEWAY_DATA: folder },
    platforms,
  );
  rmSync(folder, { recursive: true });
  return { ...rest, problems: problems.map((each) => each.replace(`${file}: `, '')) };
}

const filesOf = (section: unknown) => completeConfig(read(section))?.files;

/** The example's bucket, taken out of its comment. */
function exampleBucket(): Record<string, unknown> {
  const text = readFileSync('gateway.example.yaml', 'utf8');
  const [, block = ''] = /^ {2}# s3:.*\n((?: {2}# {3}.*\n)+)/m.exec(text) ?? [];
  return parse(block.replaceAll(/^ {2}# {3}/gm, '')) as Record<string, unknown>;
}

const s3 = { region: 'us-east-1', bucket: 'files' };

describe('files wait', () => {
  test('in a folder, and go at once, unless something else is said', () => {
    const { filesDirectory, ...config } = read({});
    expect(completeConfig({ ...config, filesDirectory })?.files).toEqual({
      directory: filesDirectory,
      s3: null,
      maxBytes: 300 * 1_024 ** 2,
      retention: 0,
    });
    expect(filesOf({ directory: 'near', retention: '1h' })).toMatchObject({
      directory: resolve('near'),
      s3: null,
      retention: 3_600_000,
    });
  });

  test('in a bucket, as the example shows it with every setting that there is', () => {
    const example = exampleBucket();
    const shape = filesSection.shape.s3.unwrap().shape;
    expect(Object.keys(example).sort()).toEqual(Object.keys(shape).sort());
    const files = filesOf({ s3: { ...example, secretAccessKey: held }, maxBytes: '1MB' });
    const { endpoint, secretAccessKey, ...rest } = example;
    expect(files).toMatchObject({ maxBytes: 1_024 ** 2, s3: rest });
    expect(files?.s3?.endpoint?.origin).toBe(endpoint);
    expect(secretAccessKey).toEqual({ env: 'S3_SECRET_ACCESS_KEY' });
    expect(JSON.stringify(files)).toContain('"secretAccessKey":"[redacted]"');
  });

  test('in a bucket of the region, with the credentials of the surroundings', () => {
    expect(filesOf({ s3 })?.s3).toEqual({ ...s3, prefix: '', pathStyle: true });
  });

  test('in a bucket, and are in a folder on their way there', () => {
    const { filesDirectory, ...config } = read({ s3 });
    expect(completeConfig({ ...config, filesDirectory })?.files.directory).toBe(filesDirectory);
    const files = filesOf({ s3, directory: 'near', maxBytes: '5GB' });
    expect(files).toMatchObject({ directory: resolve('near'), s3, maxBytes: 5 * 1_024 ** 3 });
  });
});

describe('what is wrong with it', () => {
  const pair =
    'files.s3: accessKeyId and secretAccessKey belong together: without both, the credentials of the surroundings count';

  test.each([
    [
      { s3, maxBytes: '6GB' },
      'files.maxBytes: must be 5GB at most with files.s3: S3 takes no larger file in one request',
    ],
    [{ s3, maxBytes: 'much' }, 'files.maxBytes: must be a size, as 512KB, 64MB or 2GB'],
    [{ s3: { ...s3, accessKeyId: 'a' } }, pair],
    [{ s3: { ...s3, secretAccessKey: held } }, pair],
    [
      { s3: { ...s3, accessKeyId: 'a', secretAccessKey: 'plain' } },
      'files.s3.secretAccessKey: must be {env: NAME} or {file: PATH}, never the secret itself',
    ],
    [
      { s3: { ...s3, endpoint: 'minio:9000' } },
      'files.s3.endpoint: must be an http or https URL without credentials, query or fragment',
    ],
    [
      { s3: { ...s3, bucket: 'a/b' } },
      'files.s3.bucket: must be the name of a bucket: 3 to 63 of A-Z a-z 0-9 _ . -',
    ],
    [{ s3: { bucket: 'abc' } }, 'files.s3.region is missing'],
    [
      { s3: { ...s3, prefix: '/a' } },
      'files.s3.prefix: must be 200 of A-Z a-z 0-9 _ . - / at most, and not begin with /',
    ],
    [{ s3: null }, 'files.s3 is empty'],
    [null, 'files is empty'],
    [[1], 'files: must be a section with members'],
    [{ s3: 5 }, 'files.s3: must be a section with members'],
    [{ retention: '400d' }, 'files.retention: must be 365d at most'],
  ])('is said in words: %j', (section, said) => {
    expect(read(section).problems).toEqual([said]);
  });

  test('is all said at once', () => {
    const { problems } = read({ maxBytes: '6GB', s3: { bucket: 'a', accessKeyId: 'a' } });
    expect(problems).toHaveLength(4);
  });

  test('for sure is not all that is told', () => {
    const warned = (endpoint: string) => read({ s3: { ...s3, endpoint } }).warnings;
    expect(warned('http://minio.example.com')).toEqual([
      'files.s3.endpoint is plain http, so whoever is on the way reads the files',
    ]);
    expect(warned('http://127.0.0.1:9000')).toEqual([]);
    expect(warned('https://minio.example.com')).toEqual([]);
  });
});
