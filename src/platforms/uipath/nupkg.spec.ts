import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { NotFoundError } from '../../domain/errors.ts';
import { deadline } from '../../timing/deadline.ts';
import { isTooMuch } from './nupkg-listing.ts';
import { NupkgProblem } from './nupkg-problem.ts';
import { inspectNupkg } from './nupkg.ts';
import {
  nuspecText,
  packageOf,
  StoredBytes,
  type WrittenEnd,
  type WrittenEntry,
  zipOf,
} from './nupkg.testing.ts';

const manifest: WrittenEntry = { name: 'A.nuspec', content: nuspecText('A', '1.0.0') };
const identity = { id: 'A', version: '1.0.0', title: null };
const inspect = (bytes: Buffer) => inspectNupkg(new StoredBytes(bytes), deadline(15_000));
const withEntries = (...entries: readonly WrittenEntry[]) => zipOf([manifest, ...entries]);
/** A package whose bytes do not deflate, so that other entries may inflate. */
const filler = (bytes: number): WrittenEntry => ({
  name: 'filler',
  content: randomBytes(bytes),
  method: 0,
});

/** One field of 50 KB that nobody knows. */
const longExtra = Buffer.alloc(50_000);
longExtra.writeUInt16LE(0x7777, 0);
longExtra.writeUInt16LE(longExtra.length - 4, 2);

async function problemOf(bytes: Buffer): Promise<{ at: string; message: string }> {
  const file = new StoredBytes(bytes);
  const found = await inspectNupkg(file, deadline(15_000)).then(
    () => null,
    (error: unknown) => error,
  );
  expect(file.unread).toBe(0);
  if (!(found instanceof NupkgProblem)) throw new Error(`not refused: ${String(found)}`);
  return { at: found.at, message: found.message };
}

describe('a package', () => {
  test.each<readonly [string, Buffer]>([
    ['deflated', packageOf('A', '1.0.0')],
    ['stored', zipOf([{ ...manifest, method: 0 }])],
    [
      'with folders and empty files',
      withEntries({ name: 'lib/' }, { name: 'lib/empty', method: 0 }),
    ],
    ['with a comment', zipOf([manifest], { comment: Buffer.from('made by hand') })],
    ['of ZIP64', zipOf([manifest, { name: 'b', content: 'b' }], { zip64: {} })],
    ['whose manifest comes last', zipOf([{ name: 'a' }, manifest])],
    ['whose other folders have manifests', withEntries({ name: 'content/B.nuspec', content: 'x' })],
  ])('%s is read', async (_name, bytes) => {
    expect(await inspect(bytes)).toEqual(identity);
  });

  test('of 10,000 entries is read', async () => {
    const empty = Array.from({ length: 9_999 }, (_, at) => ({ name: `lib/${at}` }));
    const found = inspectNupkg(new StoredBytes(withEntries(...empty)), deadline(60_000));
    expect(await found).toEqual(identity);
  }, 60_000);

  test('is never held whole, and read little more than once', async () => {
    const large = Array.from({ length: 12 }, (_, at) => ({
      ...filler(700_000),
      name: `lib/${at}`,
    }));
    const small = Array.from({ length: 500 }, (_, at) => ({ name: `doc/${at}`, content: `${at}` }));
    const file = new StoredBytes(withEntries(...large, ...small));
    await inspectNupkg(file, deadline(15_000));
    expect(file.unread).toBe(0);
    const lengths = file.ranges.map((range) => (range?.end ?? Infinity) - (range?.start ?? 0));
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(file.length * 1.3);
    expect(lengths.length).toBeLessThan(60);
  });
});

describe('a file that is no package', () => {
  test.each<readonly [string, Buffer, string]>([
    ['is empty', Buffer.alloc(0), 'is no ZIP'],
    ['is something else', Buffer.from('{"Processes": []}'.repeat(10)), 'is no ZIP'],
    [
      'only begins as a ZIP',
      Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(500)]),
      'is no whole ZIP',
    ],
    [
      'only ends as a ZIP',
      Buffer.concat([Buffer.from('#!/bin/sh\n'), packageOf('A', '1')]),
      'is no ZIP',
    ],
    ['is an empty ZIP', zipOf([]), 'is no ZIP'],
    ['has no manifest', zipOf([{ name: 'lib/A.nuspec', content: 'x' }]), 'no .nuspec in its root'],
    [
      'has more bytes than it says',
      Buffer.concat([packageOf('A', '1'), Buffer.from('more')]),
      'is no whole ZIP',
    ],
    [
      'has more entries than allowed',
      zipOf(Array.from({ length: 10_001 }, (_, at) => ({ name: `${at}` }))),
      '10000 entries',
    ],
    [
      'has a directory that fills memory',
      zipOf([
        manifest,
        ...Array.from({ length: 90 }, (_, at) => ({ name: `${at}`, extra: longExtra })),
      ]),
      'a directory of more than',
    ],
    ['hides an entry', zipOf([manifest, { name: 'b' }], { count: 1 }), 'does not count'],
    ['counts an entry that is none', zipOf([manifest], { count: 2 }), 'broken directory'],
  ])('as it %s is refused', async (_name, bytes, message) => {
    expect(await problemOf(bytes)).toEqual({
      at: 'file',
      message: expect.stringContaining(message),
    });
  });

  test.each<readonly [string, WrittenEnd]>([
    ['a directory beyond its end', { zip64: { directory: 2n ** 40n } }],
    ['a directory beyond all numbers', { zip64: { directory: 2n ** 64n - 1n } }],
    ['more entries than there are numbers', { zip64: { count: 2n ** 63n } }],
    ['its end beyond its end', { zip64: { at: 2n ** 60n } }],
    ['its end at its beginning', { zip64: { at: 0n } }],
    ['a directory at its beginning', { directory: 0 }],
  ])('with %s is refused', async (_name, end) => {
    expect((await problemOf(zipOf([manifest], end))).at).toBe('file');
  });

  test('that is cut anywhere is refused', async () => {
    const whole = packageOf('A', '1.0.0');
    for (let length = 0; length < whole.length; length += 7)
      expect((await problemOf(whole.subarray(0, length))).message).toMatch(/ZIP/);
  });

  test('of several packages, as exports are, is refused with what to do', async () => {
    const inner = ['A.1.0.0.nupkg', 'B.1.0.0.nupkg'].map((name) => ({
      name,
      content: packageOf('A', '1.0.0'),
      method: 0,
    }));
    expect(await problemOf(zipOf(inner))).toEqual({
      at: 'A.1.0.0.nupkg',
      message: expect.stringContaining('import each of them by itself'),
    });
  });
});

describe('an entry of a package', () => {
  test.each([
    ['/etc/passwd', 'absolute'],
    ['C:/x', 'absolute'],
    ['c:x', 'absolute'],
    ['..', 'leads elsewhere'],
    ['../x', 'leads elsewhere'],
    ['lib/../../x', 'leads elsewhere'],
    ['lib/.. /x', 'leads elsewhere'],
    ['lib/./x', 'leads elsewhere'],
    ['lib/%2e%2E/x', 'leads elsewhere'],
    ['%2fetc', 'absolute'],
    ['..\\x', 'backslash'],
    ['lib\\x', 'backslash'],
    ['lib%5cx', 'backslash'],
    ['lib/a\u0000b', 'control character'],
    ['lib/%00', 'control character'],
  ])('called %j is refused by its name', async (name, message) => {
    expect(await problemOf(withEntries({ name }))).toEqual({
      // eslint-disable-next-line no-control-regex -- shown as something else
      at: name.replaceAll(/\u0000/g, '\ufffd'),
      message: expect.stringContaining(message),
    });
  });

  test.each<readonly [string, WrittenEntry, string, string]>([
    ['without a name', { name: '' }, 'entry 2', 'no name'],
    ['that stands there twice', { name: 'A.nuspec' }, 'A.nuspec', 'twice'],
    ['that is a second manifest', { name: 'B.NUSPEC' }, 'B.NUSPEC', 'second manifest'],
    [
      'that is a second manifest in disguise',
      { name: 'B%2enuspec' },
      'B%2enuspec',
      'second manifest',
    ],
    ['that is encrypted', { name: 'b', flags: 0x0801 }, 'b', 'is encrypted'],
    ['of an unknown method', { name: 'b', method: 9, content: 'b' }, 'b', 'compressed in a way'],
    ['that is damaged', { name: 'b', content: 'bbbb', crc: 1 }, 'b', 'checksum'],
    [
      'that does not inflate',
      { name: 'b', content: 'b', data: Buffer.from('no deflate') },
      'b',
      'damaged',
    ],
    ['that is another one in its place', { name: 'b', localName: 'c' }, 'b', 'another entry'],
    ['that lies in another one', { name: 'b', offset: 0, localName: 'b' }, 'b', 'another entry'],
    ['that lies nowhere', { name: 'b', offset: 0xfffffff0 }, 'b', 'damaged'],
    ['that says it is longer', { name: 'b', content: 'bb', size: 3 }, 'b', 'not as long'],
    ['that says it is shorter', { name: 'b', content: 'bbb', size: 2 }, 'b', 'not as long'],
    [
      'that reaches beyond the file',
      { name: 'b', content: 'b', compressedSize: 100_000 },
      'b',
      'damaged',
    ],
  ])('%s is refused, and named', async (_name, entry, at, message) => {
    expect(await problemOf(withEntries(entry))).toEqual({
      at,
      message: expect.stringContaining(message),
    });
  });

  test('that shares its bytes with another one is refused', async () => {
    const shared = { name: 'b', content: 'same' };
    const { length: at } = zipOf([manifest]).subarray(
      0,
      zipOf([manifest]).indexOf('PK\u0001\u0002'),
    );
    const bytes = zipOf([manifest, shared, { ...shared, offset: at }]);
    expect(await problemOf(bytes)).toMatchObject({
      at: 'b',
      message: expect.stringMatching(/twice/),
    });
    const other = zipOf([manifest, shared, { ...shared, name: 'c', localName: 'b', offset: at }]);
    expect(await problemOf(other)).toMatchObject({ at: 'c' });
  });

  test('with a Unicode name that leads elsewhere is refused as any other', async () => {
    const unicode = Buffer.from('../x');
    const extra = Buffer.concat([Buffer.alloc(9), unicode]);
    extra.writeUInt16LE(0x7075, 0);
    extra.writeUInt16LE(5 + unicode.length, 2);
    extra.writeUInt8(1, 4);
    const { crc32 } = await import('node:zlib');
    extra.writeUInt32LE(crc32(Buffer.from('b')), 5);
    expect(await problemOf(withEntries({ name: 'b', extra }))).toMatchObject({
      message: expect.stringContaining('leads elsewhere'),
    });
  });

  test('whose name begins as that of another, however long, is another one', async () => {
    const deep = `content/${'deep/'.repeat(60)}`;
    const bytes = withEntries({ name: `${deep}a` }, { name: `${deep}b` });
    expect(await inspect(bytes)).toEqual(identity);
    const twice = await problemOf(withEntries({ name: `${deep}a` }, { name: `${deep}a` }));
    expect(twice.message).toContain('twice');
  });

  test('that is the manifest may be no larger than 256 KB', async () => {
    const content = `${nuspecText('A', '1.0.0')}${' '.repeat(256 * 1_024)}`;
    expect(await problemOf(zipOf([{ ...manifest, content }, filler(20_000)]))).toEqual({
      at: 'A.nuspec',
      message: expect.stringContaining('larger than'),
    });
  });
});

describe('a package that inflates', () => {
  const zeros = Buffer.alloc(1_024 ** 2);

  test('to 100 times its size and less is read', async () => {
    expect(await inspect(withEntries(filler(12_000), { name: 'zeros', content: zeros }))).toEqual(
      identity,
    );
  });

  test('to more is refused where it says so, and nothing is inflated', async () => {
    const file = new StoredBytes(
      withEntries(
        ...['b', 'c', 'd', 'e'].map((name) => ({ name, content: zeros })),
        filler(20_000),
      ),
    );
    const found = inspectNupkg(file, deadline(15_000));
    await expect(found).rejects.toMatchObject({
      at: 'd',
      message: expect.stringContaining('100 times'),
    });
    expect(file.ranges.length).toBeLessThan(4);
  });

  test('to more than 4 GiB is more than is read, however large it is', () => {
    const [size, most] = [300 * 1_024 ** 2, 4 * 1_024 ** 3];
    expect([isTooMuch(most, size), isTooMuch(most + 1, size)]).toEqual([false, true]);
    expect([isTooMuch(1_000, 10), isTooMuch(1_001, 10)]).toEqual([false, true]);
  });

  test('to more than it says is refused as well, after little', async () => {
    const bomb = {
      name: 'bomb',
      content: zeros,
      data: deflateRawSync(Buffer.alloc(64 * 1_024 ** 2)),
    };
    expect(await problemOf(withEntries(bomb, filler(500_000)))).toEqual({
      at: 'bomb',
      message: expect.stringContaining('not as long as it says'),
    });
    const small = { ...bomb, size: 10 };
    expect((await problemOf(withEntries(small))).at).toBe('bomb');
  });

  test('by sizes that there are no numbers for is refused', async () => {
    const extra = Buffer.alloc(20, 0xff);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(16, 2);
    const lie = { name: 'b', size: 0xffffffff, extra, content: 'b' };
    expect(await problemOf(withEntries(lie))).toMatchObject({ at: 'b' });
  });
});

describe('whatever bytes come', () => {
  test('they are read or refused, and nothing else happens', async () => {
    const whole = withEntries(
      { name: 'lib/x', content: 'x'.repeat(300) },
      { name: 'y', method: 0, content: 'y' },
    );
    const edit = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of edits) bytes[at] = value;
        const found = await inspect(bytes).catch((error: unknown) => error);
        if (found instanceof Error) expect(found).toBeInstanceOf(NupkgProblem);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);
});

describe('a store', () => {
  test('that fails is no fault of the file', async () => {
    const failing = new StoredBytes(packageOf('A', '1.0.0'));
    const gone = new NotFoundError('There is no such file.');
    Object.assign(failing, { open: () => Promise.reject(gone) });
    await expect(inspectNupkg(failing, deadline(5_000))).rejects.toBe(gone);
  });

  test('that gives less than it has is one that fails', async () => {
    const bytes = packageOf('A', '1.0.0');
    const short = Object.assign(new StoredBytes(bytes.subarray(0, -30)), { length: bytes.length });
    await expect(inspectNupkg(short, deadline(5_000))).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });

  test('that takes too long is given up', async () => {
    const abort = new AbortController();
    abort.abort();
    const file = new StoredBytes(packageOf('A', '1.0.0'));
    await expect(inspectNupkg(file, abort.signal)).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
    expect(file.unread).toBe(0);
  });
});
