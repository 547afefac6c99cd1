import { afterEach, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { DirectoryStore } from './directory-store.ts';
import { contentOf, describeStore } from './file-store.testing.ts';

let root = '';
let folder = '';
let store: DirectoryStore;

async function put(name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), 'x');
  return name;
}

describeStore('a folder', async () => {
  root = await mkdtemp(join(tmpdir(), 'files-'));
  folder = join(root, 'below', 'files');
  store = new DirectoryStore(folder);
  return {
    store,
    kept: () => readdir(folder).then((names) => names.sort()),
    breakOff: () => put(`${randomUUID()}.part`),
    putStrange: () => put('notes.txt'),
    age: (name) => utimes(join(folder, name), new Date(0), new Date(0)),
  };
});
afterEach(() => rm(root, { recursive: true }));

const some = () => contentOf(Buffer.from('a'));

test('a file is nobody else’s to read, and its folder comes with the first one', async () => {
  await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  const { id } = await store.write(some());
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, id))).mode & 0o777).toBe(0o600);
});

test('what lies beside it is out of reach', async () => {
  await put('../secret');
  await expect(store.open('../secret')).rejects.toMatchObject({ code: 'not_found' });
  await store.remove('../secret');
  expect(await readdir(join(root, 'below'))).toContain('secret');
});

test('a folder that cannot be written to is the store’s fault, and nothing was done', async () => {
  await writeFile(join(root, 'below'), 'in the way');
  const refused = { code: 'store_unavailable', details: { outcome: 'not_sent' } };
  await expect(store.write(some())).rejects.toMatchObject(refused);
  await expect(store.open(randomUUID())).rejects.toMatchObject(refused);
  await expect(store.removeBefore(Date.now())).rejects.toMatchObject(refused);
});

/** Handles of files, the folder's among them. */
async function handles(): Promise<Pick<FileHandle, 'sync'>> {
  const handle = await open(root);
  await handle.close();
  return Object.getPrototypeOf(handle) as Pick<FileHandle, 'sync'>;
}

test('a file is stored once its name is on the disk, too', async () => {
  const sync = jest.spyOn(await handles(), 'sync');
  try {
    await store.write(some());
    // Its content, and the folder.
    expect(sync).toHaveBeenCalledTimes(2);
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    sync.mockResolvedValueOnce(undefined).mockRejectedValueOnce(full);
    const before = await readdir(folder);
    await expect(store.write(some())).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('no space left'),
      details: { outcome: 'not_sent' },
    });
    expect(await readdir(folder)).toEqual(before);
  } finally {
    sync.mockRestore();
  }
});

test.each(['EINVAL', 'ENOTSUP', 'EPERM'])(
  'a file is stored where its folder cannot be synced at all (%s)',
  async (code) => {
    const sync = jest.spyOn(await handles(), 'sync');
    try {
      const error = Object.assign(new Error('not here'), { code });
      sync.mockResolvedValueOnce(undefined).mockRejectedValueOnce(error);
      const { id } = await store.write(some());
      expect(await buffer(await store.open(id))).toEqual(Buffer.from('a'));
      sync.mockRejectedValueOnce(error);
      await expect(store.write(some())).rejects.toMatchObject({ code: 'store_unavailable' });
    } finally {
      sync.mockRestore();
    }
  },
);

test('a file that cannot be read to its end is the store’s fault, and who stops reading is not', async () => {
  const id = randomUUID();
  await mkdir(join(folder, id), { recursive: true });
  await expect(buffer(await store.open(id))).rejects.toMatchObject({ code: 'store_unavailable' });
  const { id: whole } = await store.write(some());
  const reading = await store.open(whole);
  const stopped = new Error('enough');
  const ended = new Promise((resolve) => reading.once('error', resolve));
  reading.destroy(stopped);
  expect(await ended).toBe(stopped);
});
