import { describe, expect, test } from '@jest/globals';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { startsAsZip } from './zip-signature.ts';

const zip = Buffer.from('PK\u0003\u0004 and all the rest');

describe('the beginning of a package', () => {
  test.each([
    ['whole', [zip]],
    ['byte by byte', [...zip].map((byte) => Buffer.from([byte]))],
    ['empty but valid', [Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)]],
  ])('is known when it comes %s, and nothing of it is lost', async (_name, chunks) => {
    const content = Readable.from(chunks, { objectMode: false });
    expect(await startsAsZip(content)).toBe(true);
    expect(await buffer(content)).toEqual(Buffer.concat(chunks));
  });

  test.each([
    ['nothing', ''],
    ['less than a signature', 'PK'],
    ['JSON', '{"value":[]}'],
    ['a web page', '<!doctype html>'],
    ['a spanned archive', 'PK\u0007\u0008 part'],
  ])('is not %s', async (_name, text) => {
    const content = new PassThrough();
    content.end(text);
    expect(await startsAsZip(content)).toBe(false);
  });

  test('that never comes is what broke it', async () => {
    const content = new PassThrough();
    const answer = startsAsZip(content);
    content.write('PK');
    content.destroy(new Error('the connection broke'));
    await expect(answer).rejects.toThrow('the connection broke');
    await expect(startsAsZip(content)).rejects.toThrow('the connection broke');
  });

  test('of a stream that is closed without a word is none', async () => {
    const content = new PassThrough();
    const answer = startsAsZip(content);
    content.destroy();
    expect(await answer).toBe(false);
  });
});
