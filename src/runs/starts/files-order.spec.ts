import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryStore } from '../../files/directory-store.ts';
import { writeZip } from '../../sandbox/kit/zip.ts';
import { FilesOrderParts, type FilesOrder, type QueryTarget } from './files-order.ts';

const zip = writeZip([{ name: 'concord.yml', content: Buffer.from('flows: {}') }]);

/** Name, name of the file or null, content. */
type Part = readonly [string, string | null, string | Buffer];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'order-'));
});
afterEach(() => rm(folder, { recursive: true }));

function partsOf(query: QueryTarget = {}): FilesOrderParts {
  return new FilesOrderParts(new DirectoryStore(folder), query, () => undefined);
}

async function* bytes(content: string | Buffer, at = 3): AsyncGenerator<Buffer> {
  const whole = Buffer.from(content);
  for (let from = 0; from < whole.length; from += at)
    yield await Promise.resolve(whole.subarray(from, from + at));
}

async function orderOf(sent: readonly Part[], query?: QueryTarget): Promise<FilesOrder> {
  const parts = partsOf(query);
  for (const [name, fileName, content] of sent) {
    if (parts.isFile(name, fileName)) await parts.file(name, fileName, bytes(content));
    else parts.text(name, content.toString());
  }
  return parts.order();
}

const whole: readonly Part[] = [
  ['connection', null, 'concord'],
  ['archive', 'a.zip', zip],
  ['entryPoint', null, 'main'],
  ['request', 'request.json', '{"arguments": {"a": 1}}'],
  ['arguments.b.c', null, 'Größe'],
  ['notes.txt', 'notes.txt', 'a note'],
  ['empty.txt', 'empty.txt', ''],
];

describe('an order', () => {
  test('says the same in whatever order its parts come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...whole], { minLength: whole.length }),
        async (sent) => {
          const { files, archive, ...texts } = await orderOf(sent);
          expect(texts).toEqual({
            process: null,
            connection: 'concord',
            entryPoint: 'main',
            request: { arguments: { a: 1 } },
            parameters: { 'arguments.b.c': 'Größe' },
          });
          expect(archive).toMatchObject({ name: 'archive', length: zip.length });
          expect(files.map(({ name, length }) => [name, length]).sort()).toEqual([
            ['empty.txt', 0],
            ['notes.txt', 6],
          ]);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('keeps its files in the order of their parts', async () => {
    const { files } = await orderOf([...whole, ['a.txt', 'a', 'x']]);
    expect(files.map(({ name }) => name)).toEqual(['notes.txt', 'empty.txt', 'a.txt']);
  });

  test('takes the query where no part says it, and both when they agree', async () => {
    const query = { connection: 'concord', entryPoint: 'other' };
    expect(await orderOf([['archive', null, zip]], query)).toMatchObject(query);
    const both: Part[] = [['process', null, 'concord:a:b:c:d']];
    expect(await orderOf(both, { connection: 'concord' })).toMatchObject({
      process: 'concord:a:b:c:d',
      connection: 'concord',
    });
  });

  test('leaves out what a page sends of empty fields', async () => {
    const order = await orderOf([
      ['process', null, 'concord:a:b:c:d'],
      ['connection', null, ''],
      ['entryPoint', null, ''],
      ['request', null, ' '],
      ['archive', null, ''],
      ['notes.txt', '', ''],
    ]);
    expect(order).toMatchObject({ connection: null, entryPoint: null, archive: null, files: [] });
    expect(order.request).toEqual({});
    expect(await readdir(folder)).toEqual([]);
  });

  test('that is given up leaves no file', async () => {
    const parts = partsOf();
    await parts.file('archive', 'a.zip', bytes(zip, 10_000));
    await parts.file('a', 'a', bytes('x'));
    await parts.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  test('says what it is for as soon as that has come', () => {
    const said: string[] = [];
    const check = (name: string, id: string): void => {
      said.push(`${name} ${id}`);
    };
    const parts = new FilesOrderParts(new DirectoryStore(folder), { connection: 'a' }, check);
    parts.text('process', 'a:b');
    expect(said).toEqual(['connection a', 'process a:b']);
  });

  test.each(['input', 'version', 'deployment', 'labels', 'scheduleAt', 'options'])(
    'takes %s, which only the other start knows, for no parameter',
    async (name) => {
      const message = 'The form is not valid: ' + name + ' is of POST /v1/processes/{id}/runs';
      await expect(orderOf([...whole, [name, null, 'x']])).rejects.toThrow(message);
      const nested = `arguments.${name}`;
      const { parameters } = await orderOf([...whole, [nested, null, 'x']]);
      expect(parameters[nested]).toBe('x');
    },
  );

  test.each(['input', 'options'])('takes %s for no file of the run', async (name) => {
    await expect(orderOf([...whole, [name, 'x.json', '{}']])).rejects.toMatchObject({
      code: 'invalid_request',
      details: { errors: [{ at: name }] },
    });
  });
});

describe('what is wrong is named', () => {
  const connection: Part = ['connection', null, 'concord'];

  test.each<[string, readonly Part[], string, string]>([
    ['neither process nor connection', [['archive', 'a', zip]], 'invalid_request', 'process'],
    [
      'a connection that is not the one of the process',
      [connection, ['process', null, 'other:a']],
      'invalid_request',
      'connection',
    ],
    ['no ZIP', [connection, ['archive', 'a.zip', '7z whatever']], 'invalid_file', 'archive'],
    ['a short archive', [connection, ['archive', 'a.zip', 'PK']], 'invalid_file', 'archive'],
    ['an empty archive', [connection, ['archive', 'a.zip', '']], 'invalid_file', 'archive'],
    ['broken JSON', [connection, ['request', null, '{"a": }']], 'invalid_request', 'request'],
    ['a list as request', [connection, ['request', null, '[]']], 'invalid_request', 'request'],
    ['a name of a folder above', [['../x', 'x', 'x']], 'invalid_file', '../x'],
    ['a name from the root', [['/etc/x', 'x', 'x']], 'invalid_file', '/etc/x'],
    ['a long name', [['n'.repeat(201), 'x', 'x']], 'invalid_file', 'n'.repeat(201)],
    ['a long parameter', [['n'.repeat(201), null, 'x']], 'invalid_request', 'n'.repeat(201)],
    ['a part twice', [connection, connection], 'invalid_request', 'connection'],
    [
      'a file twice',
      [
        ['a', 'a', 'x'],
        ['a', 'b', 'x'],
      ],
      'invalid_file',
      'a',
    ],
  ])('%s', async (_name, sent, code, at) => {
    await expect(orderOf(sent)).rejects.toMatchObject({
      code,
      details: { outcome: 'not_sent', errors: [{ at }] },
    });
  });

  test('what the query says otherwise', async () => {
    await expect(orderOf([connection], { connection: 'other' })).rejects.toMatchObject({
      details: { errors: [{ at: 'connection' }] },
    });
  });

  test('where JSON is broken', async () => {
    await expect(orderOf([connection, ['request', null, '{"a": }']])).rejects.toThrow(
      'request must be JSON: line 1, column 7 has to be a value',
    );
  });

  test.each([
    ['{"__proto__": {"a": 1}}', 'request.__proto__'],
    ['{"arguments": [{"\\u005f_proto__": 1}]}', 'request.arguments[0].__proto__'],
    ['\ufeff{"constructor": {"prototype": 1}}', 'request.constructor.prototype'],
  ])('a member that no object may have: %s', async (request, at) => {
    await expect(orderOf([connection, ['request', null, request]])).rejects.toMatchObject({
      code: 'invalid_request',
      details: {
        outcome: 'not_sent',
        errors: [{ at, message: 'is a name that no member may have' }],
      },
    });
  });

  test.each(['__proto__', '__proto__.a', 'arguments.__proto__.a', 'a.constructor.prototype'])(
    'a parameter that would be such a member: %s',
    async (name) => {
      await expect(orderOf([connection, [name, null, '1']])).rejects.toMatchObject({
        code: 'invalid_request',
        details: {
          outcome: 'not_sent',
          errors: [{ at: name, message: 'is a name that no member may have' }],
        },
      });
    },
  );

  test('and no parameter that is only called like it', async () => {
    const names = ['arguments.__proto', 'prototype.constructor', 'constructor'];
    const { parameters } = await orderOf([
      connection,
      ...names.map((name): Part => [name, null, '1']),
    ]);
    expect(Object.keys(parameters)).toEqual(names);
  });

  test('text that is no Unicode', async () => {
    const request = '{"arguments": {"to": "Ann \\ud83d"}}';
    await expect(orderOf([connection, ['request', null, request]])).rejects.toMatchObject({
      details: { outcome: 'not_sent', errors: [{ at: 'request.arguments.to' }] },
    });
  });

  test('a member that is there twice', async () => {
    const request = '{"arguments": {"to": "Ann", "to": "Bob"}}';
    await expect(orderOf([connection, ['request', null, request]])).rejects.toMatchObject({
      details: { outcome: 'not_sent', errors: [{ at: 'request.arguments.to' }] },
    });
  });

  test('and nothing that only looks like it', async () => {
    const request = { prototype: { constructor: '__proto__' }, 'a "__proto__': 1 };
    const sent: Part = ['request', null, JSON.stringify(request)];
    expect((await orderOf([connection, sent])).request).toEqual(request);
  });

  test('texts that are too long together', async () => {
    const long = 'x'.repeat(600 * 1_024);
    const sent: Part[] = [connection, ['a', null, long], ['b', null, long]];
    await expect(orderOf(sent)).rejects.toMatchObject({ code: 'too_large' });
  });
});
