import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import type { S3Config } from '../../src/config/files.config.ts';
import { Secret } from '../../src/config/secret.ts';
import { contentOf } from '../../src/files/file-store.testing.ts';
import { defaultS3Timing } from '../../src/files/s3-client.ts';
import { S3Store } from '../../src/files/s3-store.ts';
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
  beforeAll(async () => {
    stage = await S3Stage.open(program ?? '');
  });
  afterAll(() => stage.close());

  const sockets = new Set<Socket>();
  const servers = new Set<Server>();
  afterEach(() => {
    for (const each of sockets) each.destroy();
    for (const each of servers) each.close();
  });

  /** An address whose connections go wherever that says. */
  async function addressOf(take: (socket: Socket) => void): Promise<URL> {
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      take(socket);
    });
    servers.add(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

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
      const store = new S3Store(stage.config(changes()));
      await failing(store.write(contentOf(Buffer.from('a'))));
      await failing(store.write(contentOf(Buffer.alloc(6 * megabyte))));
      await failing(store.open(randomUUID()));
      await failing(store.open(randomUUID(), { start: 0, end: 1 }));
      await failing(store.removeBefore(Date.now()));
    });

    it('are there again once their secret is', async () => {
      let secret = 'wrong';
      const store = new S3Store(stage.config({ secretAccessKey: new Secret(() => secret) }));
      await failing(store.write(contentOf(Buffer.from('a'))));
      secret = stage.server.secretAccessKey;
      const { id } = await store.write(contentOf(Buffer.from('a')));
      expect(String(await buffer(await store.open(id)))).toBe('a');
    });

    it('since nobody answers are the store’s fault in good time', async () => {
      const endpoint = await addressOf(() => undefined);
      const store = new S3Store(stage.config({ endpoint }), { ...defaultS3Timing, answer: 500 });
      const begun = performance.now();
      await failing(store.open(randomUUID()));
      await failing(store.write(contentOf(Buffer.from('a'))));
      await failing(store.removeBefore(Date.now()));
      expect(performance.now() - begun).toBeLessThan(15_000);
    });

    it('since the answer to them was lost do not stay', async () => {
      const { port } = new URL(stage.server.endpoint);
      const methods: string[] = [];
      const endpoint = await addressOf((socket) => {
        const onward = connect(Number(port), '127.0.0.1').on('error', () => undefined);
        sockets.add(onward);
        socket.pipe(onward);
        socket.once('data', (head: Buffer) => {
          const [method = ''] = head.toString('latin1').split(' ');
          methods.push(method);
          if (method === 'PUT') onward.once('data', () => socket.destroy());
          else onward.pipe(socket);
        });
      });
      const config = stage.config({ endpoint });
      await failing(new S3Store(config).write(contentOf(Buffer.from('a'))));
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
    await expect(new S3Store(stage.config()).write(stream())).rejects.toBe(fault);
    await stage.server.start();
  });

  it('whose server goes and comes back', async () => {
    const config = stage.config();
    const store = new S3Store(config);
    const { id } = await store.write(contentOf(Buffer.alloc(30 * megabyte, 1)));
    const reading = await store.open(id);
    let written = 0;
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (; written < 20; written += 1) {
        if (written === 8) await stage.server.kill();
        yield Buffer.alloc(megabyte);
      }
    }
    await expect(store.write(stream())).rejects.toMatchObject(unavailable);
    expect(written).toBeLessThan(20);
    await expect(buffer(reading)).rejects.toMatchObject({ code: 'store_unavailable' });
    const begun = performance.now();
    await expect(store.open(id)).rejects.toMatchObject(unavailable);
    await expect(store.write(contentOf(Buffer.from('a')))).rejects.toMatchObject(unavailable);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await stage.server.start();
    expect(await buffer(await store.open(id))).toHaveLength(30 * megabyte);
    // What it could not be told to forget goes with what is old.
    expect(await stage.keptBelow(config.prefix)).toHaveLength(2);
    expect(await store.removeBefore(Date.now() + 60_000)).toBe(2);
    expect(await stage.keptBelow(config.prefix)).toEqual([]);
  });
});
