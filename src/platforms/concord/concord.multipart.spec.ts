import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileType, formOf, type FormPart, jsonType, parameterType } from './concord.multipart.ts';

const file = (name: string, bytes: Buffer): FormPart => ({
  name,
  type: fileType,
  content: { length: bytes.length, open: () => Promise.resolve(Readable.from([bytes])) },
});

async function bytesOf(
  parts: readonly FormPart[],
): Promise<[Buffer, Readonly<Record<string, string>>]> {
  const { headers, body } = formOf(parts);
  return [typeof body === 'string' ? Buffer.from(body) : await buffer(body), headers];
}

describe('a form', () => {
  test('of texts alone is a text, and says charset and type of each', async () => {
    const [bytes] = await bytesOf([
      { name: 'meta', type: jsonType, content: '{"a":"ü"}' },
      { name: 'entryPoint', type: parameterType, content: 'Größe' },
    ]);
    expect(typeof formOf([]).body).toBe('string');
    expect(bytes.toString('utf8').replace(/gateway-[0-9a-f-]{36}/g, 'B')).toBe(
      [
        '--B',
        'Content-Disposition: form-data; name="meta"',
        'Content-Type: application/json; charset=utf-8',
        '',
        '{"a":"ü"}',
        '--B',
        'Content-Disposition: form-data; name="entryPoint"',
        'Content-Type: text/plain; charset=utf-8',
        '',
        'Größe',
        '--B--',
        '',
      ].join('\r\n'),
    );
  });

  test('is what another reader reads, and as long as it says', async () => {
    const text = fc.string({ unit: 'grapheme' });
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(bytes, { maxLength: 4 }), async (value, contents) => {
        const files = contents.map((content, index) =>
          file(`f/${index}.bin`, Buffer.from(content)),
        );
        const [body, headers] = await bytesOf([
          { name: 'value', type: parameterType, content: value },
          ...files,
        ]);
        if (files.length > 0) expect(headers['content-length']).toBe(String(body.length));
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- advised against for servers under load only
        const form = await new Response(new Uint8Array(body), { headers }).formData();
        expect(form.get('value')).toBe(value.toWellFormed());
        for (const [index, content] of contents.entries()) {
          const part = form.get(`f/${index}.bin`);
          if (part === null || typeof part === 'string') throw new Error('no file');
          expect(part.type).toBe(fileType);
          expect(new Uint8Array(await part.arrayBuffer())).toEqual(content);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('opens a file only when its turn comes, one after the other', async () => {
    const opened: string[] = [];
    const part = (name: string): FormPart => ({
      name,
      type: fileType,
      content: {
        length: 3,
        open: () => {
          opened.push(name);
          return Promise.resolve(Readable.from([Buffer.from('abc')]));
        },
      },
    });
    const { body } = formOf([part('one'), part('two')]);
    expect(opened).toEqual([]);
    await buffer(body as Readable);
    expect(opened).toEqual(['one', 'two']);
  });

  test('never holds more of a file than a few pieces', async () => {
    const piece = Buffer.alloc(64 * 1_024);
    let ahead = 0;
    function* pieces(): Generator<Buffer> {
      for (let index = 0; index < 1_000; index += 1) {
        ahead += piece.length;
        yield piece;
      }
    }
    const length = 1_000 * piece.length;
    const open = (): Promise<Readable> =>
      Promise.resolve(Readable.from(pieces(), { objectMode: false }));
    const { body } = formOf([{ name: 'archive', type: fileType, content: { length, open } }]);
    let most = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      ahead -= chunk.length;
      most = Math.max(most, ahead);
    }
    expect(most).toBeLessThan(8 * piece.length);
  });
});
