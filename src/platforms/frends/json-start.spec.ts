import { describe, expect, test } from '@jest/globals';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { startsAsJson } from './json-start.ts';

const file = Buffer.from('\uFEFF\r\n {"Processes":[]}');

describe('the beginning of an export', () => {
  test.each([
    ['whole', [file]],
    ['byte by byte', [...file].map((byte) => Buffer.from([byte]))],
    ['without a mark', [Buffer.from('{}')]],
    ['as a list', [Buffer.from('[]')]],
    ['as a single byte', [Buffer.from('{')]],
  ])('is known when it comes %s, and nothing of it is lost', async (_name, chunks) => {
    const content = Readable.from(chunks, { objectMode: false });
    expect(await startsAsJson(content)).toBe(true);
    expect(await buffer(content)).toEqual(Buffer.concat(chunks));
  });

  test.each([
    ['nothing', ''],
    ['a mark alone', '\uFEFF'],
    ['half a mark', Buffer.from([0xef, 0xbb])],
    ['two marks', '\uFEFF\uFEFF{}'],
    ['blanks', ' \r\n\t'],
    ['blanks without end', ' '.repeat(100_000)],
    ['a web page', '<!doctype html>'],
    ['a web page behind a mark', '\uFEFF<!doctype html>'],
    ['a text in JSON', '"{}"'],
    ['an archive', 'PK\u0003\u0004'],
  ])('is not %s', async (_name, text) => {
    const content = new PassThrough();
    content.end(text);
    expect(await startsAsJson(content)).toBe(false);
  });

  test('that never comes is what broke it', async () => {
    const content = new PassThrough();
    const answer = startsAsJson(content);
    content.write('\uFEFF ');
    content.destroy(new Error('the connection broke'));
    await expect(answer).rejects.toThrow('the connection broke');
  });
});
