import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { DirectoryStore } from './directory-store.ts';

let root: string;
let folder: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'files-'));
  folder = join(root, 'below', 'files');
  store = new DirectoryStore(folder);
});
afterEach(() => rm(root, { recursive: true }));

// eslint-disable-next-line @typescript-eslint/require-await -- a content is asynchronous
async function* of(...chunks: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield chunk;
  }
}

const text = (...texts: readonly string[]): AsyncGenerator<Uint8Array> =>
  of(...texts.map((each) => Buffer.from(each)));

describe('a stored file', () => {
  test('has the content that came, its length and its hash, in whatever pieces it came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5_000 })), async (chunks) => {
        const whole = Buffer.concat(chunks);
        const { id, length, sha256 } = await store.write(of(...chunks));
        expect(await buffer(await store.open(id))).toEqual(whole);
        expect(length).toBe(whole.length);
        expect(sha256).toBe(createHash('sha256').update(whole).digest('hex'));
      }),
      { numRuns: 30 },
    );
  });

  test('is nobody else’s to read, and its folder comes with the first one', async () => {
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    const { id } = await store.write(text('a'));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, id))).mode & 0o777).toBe(0o600);
  });

  test('that was removed is gone, and can be removed again', async () => {
    const { id } = await store.write(text('a'));
    await store.remove(id);
    await store.remove(id);
    await expect(store.open(id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each(['', '..', '../secret', 'a/b', '00000000-0000-4000-8000-000000000000'])(
  'there is no file "%s"',
  async (id) => {
    await writeFile(join(root, 'secret'), 'x');
    await expect(store.open(id)).rejects.toMatchObject({ code: 'not_found' });
    await store.remove(id);
    expect(await readdir(root)).toContain('secret');
  },
);

test('of a content that fails nothing stays, and its own error is told', async () => {
  const fault = new Error('the line was cut');
  await expect(store.write(of(Buffer.alloc(300_000), fault))).rejects.toBe(fault);
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot be written to is the store’s fault, and nothing was done', async () => {
  await writeFile(join(root, 'below'), 'in the way');
  await expect(store.write(text('a'))).rejects.toMatchObject({
    code: 'store_unavailable',
    details: { outcome: 'not_sent' },
  });
});

test('what is old is removed, be it whole or not, and nothing that is not the store’s', async () => {
  expect(await store.removeBefore(Date.now())).toBe(0);
  const [old, young] = [await store.write(text('old')), await store.write(text('young'))];
  const part = `${young.id}.part`;
  for (const name of [part, 'notes.txt']) await writeFile(join(folder, name), 'x');
  for (const name of [old.id, part, 'notes.txt'])
    await utimes(join(folder, name), new Date(0), new Date(0));
  expect(await store.removeBefore(Date.now() - 60_000)).toBe(2);
  expect((await readdir(folder)).sort()).toEqual([young.id, 'notes.txt'].sort());
});
