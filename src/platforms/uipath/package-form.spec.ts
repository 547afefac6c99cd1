import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SentFile } from '../sent-file.ts';
import { packageForm } from './package-form.ts';

/** What comes, whatever it is. */
function bytesOf(content: Readable): Pick<SentFile, 'bytes'> {
  return { bytes: () => content.iterator() as AsyncGenerator<Buffer> };
}

describe('the form of a package', () => {
  test('is what another reader reads, and as long as it says', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        name,
        async (bytes, name) => {
          const content = bytesOf(Readable.from([Buffer.from(bytes)]));
          const { headers, body } = packageForm({ name, length: bytes.length, content });
          const sent = await buffer(body);
          expect(headers['content-length']).toBe(String(sent.length));
          // eslint-disable-next-line @typescript-eslint/no-deprecated -- advised against for servers under load only
          const form = await new Response(new Uint8Array(sent), { headers }).formData();
          const [part, ...more] = form.getAll('file');
          if (part === undefined || typeof part === 'string') throw new Error('no file');
          expect(more).toEqual([]);
          expect(part.type).toBe('application/octet-stream');
          expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('has a name in it that no server reads in another way', async () => {
    const content = bytesOf(Readable.from([Buffer.from('x')]));
    const { body } = packageForm({ name: 'Grö"ße\r\n.1.0.0-a+b.nupkg', length: 1, content });
    expect((await buffer(body)).toString()).toContain('filename="Gr___e__.1.0.0-a+b.nupkg"\r\n');
  });

  test('never holds more of it than a few pieces, and lets go of it', async () => {
    const piece = Buffer.alloc(64 * 1_024);
    let ahead = 0;
    function* pieces(): Generator<Buffer> {
      for (let index = 0; index < 1_000; index += 1) {
        ahead += piece.length;
        yield piece;
      }
    }
    const content = Readable.from(pieces(), { objectMode: false });
    const closed = new Promise((resolve) => {
      // Who leaves early ends it by an error.
      content.once('close', resolve).on('error', () => undefined);
    });
    const length = 1_000 * piece.length;
    const sent = new SentFile({ length, sha256: '' }, content);
    const { body } = packageForm({ name: 'A.nupkg', length, content: sent });
    let most = 0;
    let read = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      ahead -= chunk.length;
      read += chunk.length;
      most = Math.max(most, ahead);
      if (read > 500 * piece.length) break;
    }
    expect(most).toBeLessThan(8 * piece.length);
    await closed;
  });
});
