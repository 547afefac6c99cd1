import { describe, expect, test } from '@jest/globals';
import type { FieldError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import { fittingName } from '../../upstream/file-name.ts';
import { ImportedOdsl } from './odsl.imports.testing.ts';
import { packageName } from './odsl.packaged-key.ts';

const fx = { _id: 'FX', script: 'Fx' };
const archived = '0123456789abcdef01234567';

describe('a file for OpenDataDSL', () => {
  const odsl = new ImportedOdsl();
  const flawsOf = async (content: unknown): Promise<readonly FieldError[]> => {
    const error: unknown = await odsl.upload(content).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'invalid_file', details: { outcome: 'not_sent' } });
    return (error as { details: { errors: FieldError[] } }).details.errors;
  };
  const placesOf = async (content: unknown): Promise<string[]> =>
    (await flawsOf(content)).map(({ at }) => at);

  test.each([
    ['one configuration', fx],
    ['a list of one', [fx]],
    ['one behind a byte order mark', `\uFEFF${JSON.stringify(fx)}`],
  ])('is %s', async (_, content) => {
    const { items } = await odsl.upload(content);
    expect(items).toEqual([{ process: 'FX', name: null, version: null }]);
    expect(odsl.exchanges).toEqual([]);
  });

  test('says of each which process and version it is, under its `_id` or else its name', async () => {
    const { items } = await odsl.upload([
      { ...fx, name: 'Rates', _version: 3, _timestamp: 'now', _tag: ['PROD'] },
      { name: 'Größe 1', _version: '7', script: 'Fx' },
      { _id: 'a:b', _version: { of: 'no text' } },
    ]);
    expect(items).toEqual([
      { process: 'FX', name: 'Rates', version: '3' },
      { process: 'Gr%C3%B6%C3%9Fe%201', name: 'Größe 1', version: '7' },
      { process: 'a%3Ab', name: null, version: null },
    ]);
  });

  test('leaves neither its contents nor its secrets behind', async () => {
    const script = 'x'.repeat(100_000);
    const { contents } = await odsl.upload({ ...fx, script, input: { password: 'hunter2' } });
    const text = JSON.stringify(contents);
    expect(text).not.toMatch(/xxx|hunter2/);
    expect(text.length).toBeLessThan(1_000);
  });

  test.each([
    ['nothing', '', 'line 1, column 1', /end/],
    ['blanks', ' \n ', 'line 2, column 2', /end/],
    ['cut off', '[{"_id": "FX",\n "script": "F', 'line 2, column 14', /end/],
    ['no JSON', '[{"_id": "FX"},\n {"_id": tru}]', 'line 2, column 10', /JSON/],
    ['single quotes', "{'_id': 'FX'}", 'line 1, column 2', /JSON/],
    ['a comma too many', '[{"_id":"FX"},]', 'line 1, column 15', /JSON/],
    ['two values', '{"_id":"FX"}\n{"_id":"GX"}', 'line 2, column 1', /JSON/],
    ['Latin-1', Buffer.from('{"_id":"Größe"}', 'latin1'), 'byte 10', /UTF-8/],
    ['UTF-16', Buffer.from('\uFEFF{"_id":"FX"}', 'utf16le'), 'byte 0', /UTF-8/],
    ['half a character', Buffer.from('{"_id":"é"}').subarray(0, 9), 'byte 8', /UTF-8/],
    ['an archive', Buffer.from('504b030414000000ff', 'hex'), 'file', /archive/],
    ['a text', '"FX"', 'file', /object/],
    ['null', 'null', 'file', /object/],
    ['an empty list', '[]', 'file', /one/],
    ['a list of something else', [fx, 1, [fx], null], '[1]', /object/],
    ['more than are taken', Array.from({ length: 201 }, () => ({})), '[200]', /200/],
    ['nested without end', '['.repeat(4_000_000), 'line 1, column 1001', /1000/],
    ['values without end', `[${'{},'.repeat(60_000)}{}]`, 'line 1, column 149999', /50000/],
    ['larger than is taken', Buffer.alloc(4 * 1_024 ** 2 + 1, ' '), 'byte 4194304', /end/],
    [
      'a number that would be another',
      '[{"_id":"GX"},{"_id":"FX","input":{"a":[9007199254740993]}}]',
      '[1].input.a[0]',
      /double/,
    ],
    ['a number that would be none', '{"_id":"FX","input":{"a":1e999}}', 'input.a', /double/],
    [
      'a member that would be dropped',
      '{"_id":"FX","script":"a","script":"b"}',
      'script',
      /repeated/,
    ],
    [
      'one of many that would be',
      '[{"_id":"FX"},{"_id":"GX","input":{"a":1,"\\u0061":2}}]',
      '[1].input.a',
      /repeated/,
    ],
  ])('that is %s is refused at its place, and not quoted', async (_, content, at, message) => {
    const [first] = await flawsOf(content);
    expect(first).toEqual({ at, message: expect.stringMatching(message) });
    expect(first?.message).not.toContain('FX');
  });

  test.each([
    ['no key', { script: 'Fx' }, '_id'],
    ['a key that is none', { _id: 7 }, '_id'],
    ['a name that is none', { name: ['FX'] }, '_id'],
    ['a blank key', { _id: ' ' }, '_id'],
    ['a slash', { _id: 'finance/fx' }, '_id'],
    ['all versions', { _id: '*' }, '_id'],
    ['the newest version', { _id: '~LATEST' }, '_id'],
    ['a slash in the name that is its key', { name: 'a/*' }, 'name'],
    ['a key that is too long', { _id: 'x'.repeat(201) }, '_id'],
    ['the id of a version, and no name', { _id: archived, _version: 3 }, '_id'],
    ['another type', { ...fx, _type: '#Setting' }, '_type'],
    ['a script and a workflow', { ...fx, workflow: '#wf' }, 'workflow'],
    ['a schedule that is none', { ...fx, cron: 5 }, 'cron'],
    ['a label that is none', { ...fx, tags: ['a', 1] }, 'tags[1]'],
    ['an input that is none', { ...fx, input: [1] }, 'input'],
    ['a switch that is none', { ...fx, enabled: 'yes' }, 'enabled'],
    ['a secret that is none', { ...fx, input: { a: [{ key: '[redacted]' }] } }, 'input.a[0].key'],
    [
      'more than can be shown',
      `{"_id":"FX","input": ${'{"a":'.repeat(500)}1${'}'.repeat(500)}}`,
      'input',
    ],
  ])('with %s is refused, and the member is named', async (_, content, at) => {
    expect(await placesOf(content)).toContain(at);
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    expect(await placesOf(`[{"_id":"GX"},${text}]`)).toContain(`[1].${at}`);
  });

  test.each([
    ['what no member can be called', '{"_id":"FX","__proto__":{"a":1}}'],
    ['the same one deeper', '{"_id":"FX","input":{"__proto__":{"a":1}}}'],
    ['a name without end', { ...fx, ['x'.repeat(201)]: 1 }],
    [
      'members without end',
      Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`m${at}`, at])),
    ],
  ])('with %s is refused', async (_, content) => {
    expect(await placesOf(content)).toContain('file');
  });

  test('is told all of its flaws at once', async () => {
    const content = [
      { _id: 'FX', cron: 1, input: { password: '[redacted]' } },
      { _id: 'GX' },
      { _id: '*', enabled: 'yes' },
      { name: 'GX' },
      { _id: 'FX' },
    ];
    expect(await placesOf(content)).toEqual([
      '[0].cron',
      '[0].input.password',
      '[2]._id',
      '[2].enabled',
      '[3].name',
      '[4]._id',
    ]);
  });

  test('with very many flaws is told the first of them, and how many more there are', async () => {
    const content = Array.from({ length: 50 }, (_, at) => ({ _id: `P${at}`, cron: at }));
    expect(await placesOf(content)).toHaveLength(20);
    await expect(odsl.upload(content)).rejects.toThrow(/and 30 more\.$/);
  });

  test('of an older version is one of what its name or the name of the file says', async () => {
    const older = { _id: archived, name: 'FX rates', _version: 3, script: 'Fx' };
    const keyed = async (name: string, content: unknown = older): Promise<(string | undefined)[]> =>
      (await odsl.upload(content, name)).items.map(({ process }) => process);
    expect(await keyed('upload.json')).toEqual(['FX%20rates']);
    expect(await keyed('FX.3.json')).toEqual(['FX']);
    expect(await keyed('FX.4.json')).toEqual(['FX%20rates']);
    expect(await keyed('~LATEST.3.json')).toEqual(['FX%20rates']);
    expect(await keyed('FX.3.json', [older, fx])).toEqual(['FX%20rates', 'FX']);
    expect(await keyed('GX.3.json', { ...fx, _version: 3 })).toEqual(['FX']);
    expect(await keyed('100%.3.json')).toEqual(['FX%20rates']);
    // A process may be called so.
    expect(await keyed('FX.3.json', { ...older, name: archived })).toEqual([archived]);
    expect(await keyed('FX.3.json', { _id: archived, name: 'FX' })).toEqual([archived]);
  });

  test.each([
    ['FX rates', 'FX rates.3.json'],
    ['a_b', 'a_b.3.json'],
    ['a:b', 'a%3Ab.3.json'],
    ['a*b', 'a%2Ab.3.json'],
    ['team\\FX', 'team%5CFX.3.json'],
    ['.x', '%2Ex.3.json'],
    ['100%', '100%25.3.json'],
    ['CON', '%43ON.3.json'],
    ['aux.x', '%61ux.x.3.json'],
    ['é "<', 'é %22%3C.3.json'],
  ])('of an older version of %s is called %s, and is one of that again', async (key, name) => {
    expect(packageName(key, '3')).toBe(name);
    const older = { _id: archived, name: 'Another', _version: 3, script: 'Fx' };
    const { items } = await odsl.upload(older, fittingName(name, ''));
    expect(items.map(({ process }) => process)).toEqual([encodeKey([key])]);
  });

  test('of an older version whose key is too long for the name of a file is told by its name', async () => {
    const key = 'k'.repeat(160);
    const older = { _id: archived, name: 'Another', _version: 3, script: 'Fx' };
    const { items } = await odsl.upload(older, packageName(key, '3'));
    expect(items.map(({ process }) => process)).toEqual(['Another']);
  });

  test('that cannot be read to its end is none', async () => {
    const stored = { id: 'f', name: 'f.json', length: 2, sha256: '' };
    const aborted = AbortSignal.abort(new Error('too late'));
    const { Readable } = await import('node:stream');
    const open = () => Promise.resolve(Readable.from([Buffer.from('{}')]));
    await expect(odsl.import.inspect({ ...stored, open }, aborted)).rejects.toThrow();
    const broken = () =>
      Promise.resolve(
        new Readable({
          read() {
            this.destroy(new Error('the disk is gone'));
          },
        }),
      );
    const looking = odsl.import.inspect({ ...stored, open: broken }, new AbortController().signal);
    await expect(looking).rejects.toThrow('the disk is gone');
  });
});
