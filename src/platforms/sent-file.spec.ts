import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SentFile } from './sent-file.ts';

const accepted = (bytes: Uint8Array) => ({
  length: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

function piecesOf(bytes: Buffer, size: number): Readable {
  const count = Math.ceil(bytes.length / size);
  const pieces = Array.from({ length: count }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return Readable.from(pieces, { objectMode: false });
}

describe('a stored file that is sent', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((each) => Buffer.from(each));
  const size = fc.integer({ min: 1, max: 100 });

  test('is what was accepted, in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, size, async (whole, pieceBytes) => {
        const file = new SentFile(accepted(whole), piecesOf(whole, pieceBytes));
        expect(await buffer(Readable.from(file.bytes()))).toEqual(whole);
        expect(file.failure).toBeNull();
      }),
    );
  });

  test('fails before its end where it is anything else', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, bytes, size, async (whole, other, pieceBytes) => {
        fc.pre(!whole.equals(other));
        const file = new SentFile(accepted(whole), piecesOf(other, pieceBytes));
        let read = 0;
        const reading = async (): Promise<void> => {
          for await (const chunk of file.bytes()) read += chunk.length;
        };
        await expect(reading()).rejects.toThrow('not the one any more');
        expect(read).toBeLessThanOrEqual(whole.length);
        expect(file.failure?.details).toMatchObject({ sent: 'no', retryable: false });
      }),
    );
  });

  test('has to be as long as it was where that is all that is known of it', async () => {
    const whole = Buffer.from('whole');
    const known = { length: whole.length, sha256: null };
    const sent = (content: string): Promise<Buffer> =>
      buffer(Readable.from(new SentFile(known, piecesOf(Buffer.from(content), 2)).bytes()));
    expect(await sent('whole')).toEqual(whole);
    await expect(sent('whol')).rejects.toThrow('not the one any more');
    await expect(sent('wholes')).rejects.toThrow('not the one any more');
  });

  test('has not failed where its taker did', async () => {
    const whole = Buffer.alloc(300_000);
    const file = new SentFile(accepted(whole), piecesOf(whole, 1_000));
    const body = Readable.from(file.bytes(), { objectMode: false });
    const reset = new Error('The connection broke.');
    const ended = new Promise((resolve) => body.once('close', resolve).on('error', resolve));
    body.once('data', () => body.destroy(reset));
    expect(await ended).toBe(reset);
    await nextTurn();
    expect(file.failure).toBeNull();
  });
});
