import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { BodyTooLargeError, BrokenEncodingError, inflate, inflating } from './inflate.ts';

jest.setTimeout(20_000);

/** Quickly: how small it gets does not matter here. */
function brotli(body: Buffer): Buffer {
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } });
}

const codings = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotli],
] as const;
const megabyte = 1_024 ** 2;

describe.each(codings)('a body in %s', (coding, compress) => {
  test('is inflated, whole and as a stream', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        const body = Buffer.from(bytes);
        const sent = compress(body);
        expect(await inflate(sent, coding, megabyte)).toEqual(body);
        expect(await buffer(inflating(Readable.from([sent]), coding, megabyte))).toEqual(body);
      }),
      { numRuns: 30 },
    );
  });

  test('may be as large as its limit when inflated, and not a byte larger', async () => {
    const sent = compress(Buffer.alloc(5_000, 'x'));
    expect(await inflate(sent, coding, 5_000)).toHaveLength(5_000);
    await expect(inflate(sent, coding, 4_999)).rejects.toBeInstanceOf(BodyTooLargeError);
    const stream = (limit: number): Promise<Buffer> =>
      buffer(inflating(Readable.from([sent]), coding, limit));
    expect(await stream(5_000)).toHaveLength(5_000);
    await expect(stream(4_999)).rejects.toBeInstanceOf(BodyTooLargeError);
  });

  test('that is a bomb is given up long before it is unfolded', async () => {
    const bomb = compress(Buffer.alloc(32 * megabyte));
    expect(bomb.length).toBeLessThan(megabyte / 4);
    await expect(inflate(bomb, coding, megabyte)).rejects.toBeInstanceOf(BodyTooLargeError);
    const stream = inflating(Readable.from([bomb]), coding, megabyte);
    await expect(buffer(stream)).rejects.toBeInstanceOf(BodyTooLargeError);
  });

  test('that is cut or is something else is an error, never a crash', async () => {
    const cut = compress(Buffer.from('some text that is long enough')).subarray(0, 12);
    for (const sent of [cut, Buffer.from('{"plain": true}')]) {
      await expect(inflate(sent, coding, megabyte)).rejects.toBeInstanceOf(BrokenEncodingError);
      await expect(buffer(inflating(Readable.from([sent]), coding, megabyte))).rejects.toThrow();
    }
  });
});

describe('a body', () => {
  test.each([null, '', 'identity', ' Identity '])(
    'in coding %j passes as it is',
    async (coding) => {
      const body = Buffer.from('{}');
      expect(await inflate(body, coding, 10)).toEqual(body);
      expect(await buffer(inflating(Readable.from([body]), coding, 10))).toEqual(body);
    },
  );

  test('that is not compressed is held to its limit as well', async () => {
    const stream = inflating(Readable.from([Buffer.alloc(8), Buffer.alloc(8)]), null, 15);
    await expect(buffer(stream)).rejects.toBeInstanceOf(BodyTooLargeError);
  });

  test.each(['zstd', 'gzip, br', 'constructor', 'toString', '__proto__'])(
    'in the unknown coding %j is refused, and its stream is let go',
    async (coding) => {
      await expect(inflate(Buffer.from('x'), coding, 10)).rejects.toBeInstanceOf(
        BrokenEncodingError,
      );
      const body = Readable.from([Buffer.from('x')]);
      expect(() => inflating(body, coding, 10)).toThrow(BrokenEncodingError);
      expect(body.destroyed).toBe(true);
    },
  );

  test('that fails on its way fails its reader, and a reader who leaves ends the body', async () => {
    const failing = new Readable({ read: () => undefined });
    const read = buffer(inflating(failing, 'gzip', 100));
    failing.destroy(new Error('the connection broke'));
    await expect(read).rejects.toThrow('the connection broke');
    const endless = new Readable({ read: () => undefined });
    const left = inflating(endless, null, 100);
    left.destroy();
    await new Promise((closed) => endless.once('close', closed));
    expect(endless.destroyed).toBe(true);
  });

  test('that is empty is empty in any coding', async () => {
    expect(await inflate(Buffer.alloc(0), 'gzip', 10)).toHaveLength(0);
  });
});
