import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as soon } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describeStore } from '../../src/files/file-store.testing.ts';
import { S3Store } from '../../src/files/s3-store.ts';
import { s3Program } from '../support/s3-program.ts';
import { S3Stage } from '../support/s3-stage.ts';

jest.setTimeout(60_000);

const megabyte = 1_024 ** 2;

const program = await s3Program('files were stored in none.');

(program === null ? describe.skip : describe)('files in a real S3 server', () => {
  let stage!: S3Stage;
  beforeAll(async () => {
    stage = await S3Stage.open(program ?? '');
  });
  afterAll(() => stage.close());

  /** Where the server keeps an object, or an upload that is under way. */
  async function fileOf(key: string): Promise<string> {
    const folder = join(stage.server.folder, stage.bucket);
    if (existsSync(join(folder, key))) return join(folder, key);
    const hash = createHash('sha256').update(key).digest('hex');
    const uploads = join(folder, '.sgwtmp', 'multipart', hash);
    return join(uploads, (await readdir(uploads))[0] ?? '');
  }

  describeStore('a bucket', () => {
    const config = stage.config();
    const { prefix } = config;
    return Promise.resolve({
      store: new S3Store(config),
      kept: () => stage.keptBelow(prefix),
      breakOff: async () => {
        const id = randomUUID();
        await stage.begin(`${prefix}${id}`);
        return id;
      },
      putStrange: async () => {
        await stage.put(`${prefix}notes.txt`);
        return 'notes.txt';
      },
      age: async (name) => utimes(await fileOf(`${prefix}${name}`), new Date(0), new Date(0)),
    });
  });

  it('pass through without being held', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const store = new S3Store(stage.config());
    let most = 0;
    const look = async (): Promise<void> => {
      collect();
      // What is free is given back behind the scenes.
      await soon();
      collect();
      const { arrayBuffers, heapUsed } = process.memoryUsage();
      most = Math.max(most, arrayBuffers + heapUsed);
    };
    await look();
    const before = most;
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let at = 1; at <= 40 * 16; at += 1) {
        yield Buffer.alloc(65_536, at);
        if (at % 70 === 0) await look();
        if (at % 16 === 0) await soon();
      }
    }
    const { id, length, sha256 } = await store.write(stream());
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
    expect(Math.round((most - before) / megabyte)).toBeLessThan(9);
  });

  it('are more than one page of them, and all old ones go', async () => {
    const config = stage.config();
    const store = new S3Store(config);
    const folder = join(stage.server.folder, stage.bucket, config.prefix);
    await mkdir(folder, { recursive: true });
    for (let count = 0; count < 1_100; count += 1) await writeFile(join(folder, randomUUID()), '');
    expect(await store.removeBefore(Date.now() + 60_000)).toBe(1_100);
    expect(await readdir(folder).catch(() => [])).toEqual([]);
  });
});
