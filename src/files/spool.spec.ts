import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentOf } from './file-store.testing.ts';
import { openBelow } from './open-files.testing.ts';
import { Spool } from './spool.ts';

let root = '';
let folder = '';
let spool: Spool;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spool-'));
  folder = join(root, 'below', 'files');
  spool = new Spool(folder);
});
afterEach(async () => {
  await spool.close();
  await rm(root, { recursive: true });
});

/** All that is in its file, copied before the next piece comes. */
async function all(): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of spool.pieces(Buffer.alloc(50_000))) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

const large = randomBytes(300_000);
const halves = [large.subarray(0, 65_000), large.subarray(65_000)];
const onLinux = process.platform === 'linux' ? test : test.skip;

describe('a content that is all there before it goes on', () => {
  test('is in memory while it is small, and asks nothing of the disk', async () => {
    await spool.fill(contentOf(Buffer.from('ab'), Buffer.alloc(0), Buffer.from('c')));
    expect(spool.held()?.toString()).toBe('abc');
    expect(await readdir(root)).toEqual([]);
  });

  test('may be nothing', async () => {
    await spool.fill(contentOf());
    expect(spool.held()).toHaveLength(0);
  });

  test('is on disk when it is large, and can be had again and again', async () => {
    await spool.fill(contentOf(...halves));
    expect(spool.held()).toBeNull();
    const broken = spool.pieces(Buffer.alloc(10));
    await broken.next();
    await broken.return(undefined);
    for (let times = 0; times < 2; times += 1) expect((await all()).equals(large)).toBe(true);
  });

  test('has no name there, so that nothing stays of a process that is killed', async () => {
    let seen: readonly string[] | null = null;
    async function* content(): AsyncGenerator<Uint8Array> {
      yield* contentOf(...halves);
      seen = await readdir(folder);
    }
    await spool.fill(content());
    expect(seen).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  onLinux('takes no room any more once it is closed', async () => {
    await spool.fill(contentOf(...halves));
    expect(await openBelow(folder)).toBe(1);
    await spool.close();
    expect(await openBelow(folder)).toBe(0);
  });
});

describe('what goes wrong', () => {
  const refused = { code: 'store_unavailable', details: { outcome: 'not_sent' } };

  test('with the content is told as it is', async () => {
    const fault = new Error('the line was cut');
    await expect(spool.fill(contentOf(...halves, fault))).rejects.toBe(fault);
  });

  test('with the folder is the store’s fault', async () => {
    await writeFile(join(root, 'below'), 'in the way');
    await expect(spool.fill(contentOf(...halves))).rejects.toMatchObject(refused);
  });

  test.each(['writeFile', 'read'] as const)('with the disk is, too: %s', async (method) => {
    const handle = await open(root);
    await handle.close();
    const handles = Object.getPrototypeOf(handle) as Pick<FileHandle, 'writeFile' | 'read'>;
    const error = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const failing = jest.spyOn(handles, method).mockRejectedValue(error);
    const work = async (): Promise<void> => {
      await spool.fill(contentOf(...halves));
      await all();
    };
    try {
      await expect(work()).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining('no space left'),
      });
    } finally {
      failing.mockRestore();
    }
  });
});
