import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { contentOf, describeStore } from '../../src/files/file-store.testing.ts';
import { S3Store } from '../../src/files/s3-store.ts';
import { s3Program } from '../support/s3-program.ts';
import { S3Stage } from '../support/s3-stage.ts';

jest.setTimeout(60_000);

const megabyte = 1_024 ** 2;

const program = await s3Program('files were stored in none.');

(program === null ? describe.skip : describe)('files in a real S3 server', () => {
  let stage!: S3Stage;
  let root = '';
  beforeAll(async () => {
    [stage, root] = await Promise.all([
      S3Stage.open(program ?? ''),
      mkdtemp(join(tmpdir(), 'files-')),
    ]);
  });
  afterAll(async () => {
    await stage.close();
    await rm(root, { recursive: true });
  });

  describeStore('a bucket', async () => {
    const config = stage.config();
    const { prefix } = config;
    const own = await mkdtemp(join(root, 'files-'));
    const pathOf = (name: string): string =>
      name.endsWith('.part')
        ? join(own, name)
        : join(stage.server.folder, stage.bucket, prefix, name);
    return {
      store: new S3Store(config, own),
      kept: async () => [...(await readdir(own)), ...(await stage.keptBelow(prefix))].sort(),
      breakOff: async () => {
        const name = `${randomUUID()}.part`;
        await writeFile(join(own, name), '');
        return name;
      },
      putStrange: async () => {
        await stage.put(`${prefix}notes.txt`);
        return 'notes.txt';
      },
      age: (name) => utimes(pathOf(name), new Date(0), new Date(0)),
    };
  });

  it('pass through without being held', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const store = new S3Store(stage.config(), root);
    let most = 0;
    const look = async (): Promise<void> => {
      collect();
      // What is free is given back behind the scenes.
      await sleep(1);
      collect();
      const { arrayBuffers, heapUsed } = process.memoryUsage();
      most = Math.max(most, arrayBuffers + heapUsed);
    };
    // A first one, by which the library is there whole.
    await store.write(contentOf(Buffer.alloc(6 * megabyte)));
    await look();
    const before = most;
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let at = 1; at <= 40 * 16; at += 1) {
        yield Buffer.alloc(65_536, at);
        if (at % 16 === 0) await sleep(0);
      }
    }
    const state = { isEnded: false };
    const stored = store.write(stream()).finally(() => {
      state.isEnded = true;
    });
    while (!state.isEnded) {
      await look();
      await sleep(50);
    }
    const { id, length, sha256 } = await stored;
    expect(length).toBe(40 * megabyte);
    const hash = createHash('sha256');
    let read = 0;
    let looked = 0;
    for await (const chunk of (await store.open(id)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      read += chunk.length;
      if (read - looked < 5 * megabyte) continue;
      await look();
      looked = read;
    }
    expect([read, hash.digest('hex')]).toEqual([length, sha256]);
    expect(Math.round((most - before) / megabyte)).toBeLessThan(4);
  });

  it('are more than one page of them, and all old ones go', async () => {
    const config = stage.config();
    const store = new S3Store(config, root);
    const folder = join(stage.server.folder, stage.bucket, config.prefix);
    await mkdir(folder, { recursive: true });
    for (let count = 0; count < 1_100; count += 1) await writeFile(join(folder, randomUUID()), '');
    expect(await store.removeBefore(Date.now() + 60_000)).toBe(1_100);
    expect(await readdir(folder).catch(() => [])).toEqual([]);
  });
});
