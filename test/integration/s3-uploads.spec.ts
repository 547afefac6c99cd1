import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Config } from '../../src/config/files.config.ts';
import { contentOf } from '../../src/files/file-store.testing.ts';
import { openBelow } from '../../src/files/open-files.testing.ts';
import { defaultS3Timing, type S3Timing } from '../../src/files/s3-client.ts';
import { S3Store } from '../../src/files/s3-store.ts';
import { Lines } from '../support/lines.ts';
import { s3Program } from '../support/s3-program.ts';
import { S3Stage } from '../support/s3-stage.ts';

jest.setTimeout(60_000);

const megabyte = 1_024 ** 2;
/** More than systems hold of what is on its way. */
const large = 40;
const unavailable = { code: 'store_unavailable', details: { outcome: 'not_sent' } };
const proceed = 'HTTP/1.1 100 Continue\r\n\r\n';

const program = await s3Program('nothing went into one by the disk.');

(program === null ? describe.skip : describe)(
  'a large file on its way into a real S3 server',
  () => {
    let stage!: S3Stage;
    let folder = '';
    let lines!: Lines;
    beforeAll(async () => {
      stage = await S3Stage.open(program ?? '');
    });
    afterAll(() => stage.close());
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'files-'));
      lines = new Lines();
    });
    afterEach(async () => {
      lines.close();
      expect(await readdir(folder)).toEqual([]);
      if (process.platform === 'linux') expect(await openBelow(folder)).toBe(0);
      await rm(folder, { recursive: true });
    });

    const pieces = (count = large): Buffer[] =>
      Array.from({ length: count }, (_, at) => Buffer.alloc(megabyte, at + 1));
    const storeOf = (config: S3Config, timing: Partial<S3Timing> = {}): S3Store =>
      new S3Store(config, folder, { ...defaultS3Timing, ...timing });

    /** What goes to the server passes by there. */
    function passing(by: (socket: Socket, request: string) => Transform): Promise<URL> {
      return lines.open((socket) => {
        const onward = lines.to(stage.server.endpoint, socket);
        socket.once('data', (head: Buffer) => {
          socket.pause();
          const through = by(socket, head.toString('latin1'));
          through.write(head);
          socket.pipe(through).pipe(onward);
        });
        onward.pipe(socket);
      });
    }

    it('has a file without a name meanwhile, whoever looks', async () => {
      const config = stage.config();
      const seen: string[][] = [];
      async function* content(): AsyncGenerator<Uint8Array> {
        yield* pieces(3);
        seen.push(await readdir(folder));
        expect(await stage.keptBelow(config.prefix)).toEqual([]);
      }
      const { id, length } = await storeOf(config).write(content());
      expect([length, seen]).toEqual([3 * megabyte, [[]]]);
      expect(await stage.keptBelow(config.prefix)).toEqual([id]);
    });

    it('leaves nothing where its sender goes', async () => {
      const config = stage.config();
      const gone = new Error('aborted');
      await expect(storeOf(config).write(contentOf(...pieces(12), gone))).rejects.toBe(gone);
      expect(await stage.keptBelow(config.prefix)).toEqual([]);
    });

    it('may take longer than any silence, as long as it goes on', async () => {
      const endpoint = await passing(
        () =>
          new Transform({
            transform: (chunk: Buffer, _encoding, done) => {
              void sleep(chunk.length / 8_000).then(() => {
                done(null, chunk);
              });
            },
          }),
      );
      const config = stage.config({ endpoint });
      const begun = performance.now();
      const { id } = await storeOf(config, { answer: 3_000, silence: 3_000 }).write(
        contentOf(...pieces()),
      );
      expect(performance.now() - begun).toBeGreaterThan(3_000);
      const read = await buffer(await storeOf(config).open(id));
      expect(read.equals(Buffer.concat(pieces()))).toBe(true);
    });

    it.each<[string, (socket: Socket) => void]>([
      ['takes nothing', (socket) => socket.pause()],
      ['takes a part of it', (socket) => socket.once('data', () => socket.pause().write(proceed))],
      ['never answers', (socket) => socket.resume().once('data', () => socket.write(proceed))],
    ])('is the store’s fault in good time where the server %s', async (_what, take) => {
      let connections = 0;
      const endpoint = await lines.open((socket) => {
        connections += 1;
        take(socket);
      });
      const store = storeOf(stage.config({ endpoint }), { silence: 500 });
      const begun = performance.now();
      await expect(store.write(contentOf(...pieces()))).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining('(S3: TimeoutError)'),
      });
      expect(performance.now() - begun).toBeLessThan(30_000);
      // It, the same again, and that it be forgotten.
      expect(connections).toBe(3);
    });

    it('is sent again where its connection broke', async () => {
      let broken = 0;
      const endpoint = await passing((socket) => {
        let passed = 0;
        return new Transform({
          transform: (chunk: Buffer, _encoding, done) => {
            passed += chunk.length;
            if (broken === 0 && passed > 8 * megabyte) {
              broken += 1;
              socket.destroy();
            }
            done(null, chunk);
          },
        });
      });
      const config = stage.config({ endpoint });
      const { id } = await storeOf(config).write(contentOf(...pieces()));
      expect(broken).toBe(1);
      const direct = new S3Store(config, folder);
      expect((await buffer(await direct.open(id))).equals(Buffer.concat(pieces()))).toBe(true);
      expect(await stage.keptBelow(config.prefix)).toEqual([id]);
    });

    it('is not stored where it was changed on its way', async () => {
      const endpoint = await passing((_socket, head) => {
        let passed = 0;
        return new Transform({
          transform: (chunk: Buffer, _encoding, done) => {
            const at = 8 * megabyte - passed;
            passed += chunk.length;
            if (head.startsWith('PUT') && at >= 0 && at < chunk.length) chunk[at] = 0;
            done(null, chunk);
          },
        });
      });
      const config = stage.config({ endpoint });
      await expect(storeOf(config).write(contentOf(...pieces()))).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining('XAmzContentSHA256Mismatch'),
      });
      expect(await stage.keptBelow(config.prefix)).toEqual([]);
    });

    it('does not stay where the answer to it was lost', async () => {
      const methods: string[] = [];
      const endpoint = await lines.open((socket) => {
        const onward = lines.to(stage.server.endpoint, socket);
        socket.once('data', (head: Buffer) => {
          const [method = ''] = head.toString('latin1').split(' ');
          methods.push(method);
        });
        socket.pipe(onward);
        onward.on('data', (answer: Buffer) => {
          const isLost = methods.at(-1) === 'PUT' && !answer.toString('latin1').startsWith(proceed);
          if (isLost) socket.destroy();
          else socket.write(answer);
        });
      });
      const config = stage.config({ endpoint });
      await expect(storeOf(config).write(contentOf(...pieces(6)))).rejects.toMatchObject(
        unavailable,
      );
      expect(methods).toEqual(['PUT', 'PUT', 'DELETE']);
      expect(await stage.keptBelow(config.prefix)).toEqual([]);
    });

    it('that the disk does not take is the store’s fault', async () => {
      const store = new S3Store(stage.config(), '/dev/null/files');
      await expect(store.write(contentOf(...pieces(1)))).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining('(ENOTDIR)'),
      });
    });
  },
);
