import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import type { S3Config } from '../../src/config/files.config.ts';
import { Secret } from '../../src/config/secret.ts';
import { contentOf } from '../../src/files/file-store.testing.ts';
import { defaultS3Timing } from '../../src/files/s3-client.ts';
import { S3Store } from '../../src/files/s3-store.ts';
import { Lines } from '../support/lines.ts';
import { s3Program } from '../support/s3-program.ts';
import { S3Stage } from '../support/s3-stage.ts';

jest.setTimeout(60_000);

const megabyte = 1_024 ** 2;
const unavailable = { code: 'store_unavailable', details: { outcome: 'not_sent' } };
const unreadable = new Secret(() => {
  throw Object.assign(new Error('ENOENT: /run/secrets/wrong'), { code: 'ENOENT' });
});

const program = await s3Program('nothing was stored in one that fails.');

(program === null ? describe.skip : describe)('files in a real S3 server', () => {
  let stage!: S3Stage;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'files-'));
    stage = await S3Stage.open(program ?? '');
  });
  afterAll(async () => {
    await stage.close();
    await rm(folder, { recursive: true });
  });

  const lines = new Lines();
  afterEach(() => {
    lines.close();
  });

  describe('that cannot be had', () => {
    /** Neither what it says nor what a log would print of it holds a credential, or what was made of one. */
    async function failing(work: Promise<unknown>): Promise<void> {
      const error = await work.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject(unavailable);
      const printed = inspect(error, { depth: 10, showHidden: true });
      expect(printed).not.toMatch(/test-(secret|access)|wrong|AWS4|Signature=/);
    }

    it.each<[string, () => Partial<S3Config>]>([
      ['the secret is wrong', () => ({ secretAccessKey: new Secret(() => 'wrong') })],
      ['the key is wrong', () => ({ accessKeyId: 'wrong' })],
      ['there is no such bucket', () => ({ bucket: 'elsewhere' })],
      ['the secret cannot be read', () => ({ secretAccessKey: unreadable })],
    ])('since %s are the store’s fault', async (_why, changes) => {
      const store = new S3Store(stage.config(changes()), folder);
      await failing(store.write(contentOf(Buffer.from('a'))));
      await failing(store.write(contentOf(Buffer.alloc(6 * megabyte))));
      await failing(store.open(randomUUID()));
      await failing(store.open(randomUUID(), { start: 0, end: 1 }));
      await failing(store.removeBefore(Date.now()));
    });

    it('are there again once their secret is', async () => {
      let secret = 'wrong';
      const store = new S3Store(
        stage.config({ secretAccessKey: new Secret(() => secret) }),
        folder,
      );
      await failing(store.write(contentOf(Buffer.from('a'))));
      secret = stage.server.secretAccessKey;
      const { id } = await store.write(contentOf(Buffer.from('a')));
      expect(String(await buffer(await store.open(id)))).toBe('a');
    });

    it('since nobody answers are the store’s fault in good time', async () => {
      const endpoint = await lines.open(() => undefined);
      const timing = { ...defaultS3Timing, answer: 500 };
      const store = new S3Store(stage.config({ endpoint }), folder, timing);
      const begun = performance.now();
      await failing(store.open(randomUUID()));
      await failing(store.write(contentOf(Buffer.from('a'))));
      await failing(store.removeBefore(Date.now()));
      expect(performance.now() - begun).toBeLessThan(15_000);
    });

    it('since the answer to them was lost do not stay', async () => {
      const methods: string[] = [];
      const endpoint = await lines.open((socket) => {
        const onward = lines.to(stage.server.endpoint, socket);
        socket.pipe(onward);
        socket.once('data', (head: Buffer) => {
          const [method = ''] = head.toString('latin1').split(' ');
          methods.push(method);
          if (method === 'PUT') onward.once('data', () => socket.destroy());
          else onward.pipe(socket);
        });
      });
      const config = stage.config({ endpoint });
      await failing(new S3Store(config, folder).write(contentOf(Buffer.from('a'))));
      expect(methods).toEqual(['PUT', 'PUT', 'DELETE']);
      expect(await stage.keptBelow(config.prefix)).toEqual([]);
    });
  });

  it('whose content breaks off as their server does are the content’s fault', async () => {
    const fault = new Error('the line was cut');
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 3; count += 1) yield Buffer.alloc(6 * megabyte);
      await stage.server.kill();
      throw fault;
    }
    await expect(new S3Store(stage.config(), folder).write(stream())).rejects.toBe(fault);
    await stage.server.start();
  });

  it('whose server goes and comes back', async () => {
    const config = stage.config();
    const store = new S3Store(config, folder);
    const { id } = await store.write(contentOf(Buffer.alloc(30 * megabyte, 1)));
    const reading = await store.open(id);
    let passed = 0;
    const endpoint = await lines.open((socket) => {
      const onward = lines.to(stage.server.endpoint, socket);
      socket.pipe(onward).pipe(socket);
      socket.on('data', ({ length }: Buffer) => {
        passed += length;
        if (passed > 8 * megabyte) void stage.server.kill();
      });
    });
    const sending = new S3Store({ ...config, endpoint }, folder);
    const whole = contentOf(Buffer.alloc(20 * megabyte));
    await expect(sending.write(whole)).rejects.toMatchObject(unavailable);
    await expect(buffer(reading)).rejects.toMatchObject({ code: 'store_unavailable' });
    const begun = performance.now();
    await expect(store.open(id)).rejects.toMatchObject(unavailable);
    await expect(store.write(contentOf(Buffer.from('a')))).rejects.toMatchObject(unavailable);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await stage.server.start();
    expect(await buffer(await store.open(id))).toHaveLength(30 * megabyte);
    expect(await stage.keptBelow(config.prefix)).toEqual([id]);
  });
});
