import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BrokenTextError, Utf8Text } from './utf8-text.ts';

/** What a reader makes of bytes that come in pieces. */
function read(bytes: Buffer, pieceBytes: number): string {
  const text = new Utf8Text();
  let whole = '';
  for (let at = 0; at < bytes.length; at += pieceBytes)
    whole += text.read(bytes.subarray(at, at + pieceBytes));
  return whole + text.end();
}

function brokenAt(bytes: Buffer, pieceBytes: number): number | null {
  try {
    read(bytes, pieceBytes);
    return null;
  } catch (error) {
    return error instanceof BrokenTextError ? error.at : -1;
  }
}

const pieces = fc.integer({ min: 1, max: 9 });
const texts = fc.string({ unit: 'grapheme', minLength: 2, maxLength: 40 });

describe('text in UTF-8', () => {
  test('is the same however its bytes are cut, behind a mark or not', () => {
    fc.assert(
      fc.property(texts, pieces, fc.boolean(), (text, size, isMarked) => {
        const plain = text.replaceAll('\0', '0').replace(/^\uFEFF/, '');
        expect(read(Buffer.from(`${isMarked ? '\uFEFF' : ''}${plain}`), size)).toBe(plain);
      }),
    );
  });

  test('that is broken is refused at the byte where it is, however it is cut', () => {
    const broken = fc.constantFrom([0xff], [0xc3], [0xe2, 0x82], [0xc0, 0xaf], [0xed, 0xa0, 0x80]);
    fc.assert(
      fc.property(texts, broken, fc.constantFrom('', ' tail'), pieces, (head, bad, tail, size) => {
        const before = Buffer.from(`{"a${head.replaceAll('\0', '0')}`);
        const bytes = Buffer.concat([before, Buffer.from(bad), Buffer.from(tail)]);
        expect(brokenAt(bytes, size)).toBe(before.length);
      }),
    );
  });

  test.each([
    ['UTF-16LE with a mark', Buffer.from('\uFEFF{"a":1}', 'utf16le')],
    ['UTF-16LE', Buffer.from('{"a":1}', 'utf16le')],
    ['UTF-16BE', Buffer.from('{"a":1}', 'utf16le').swap16()],
    ['UTF-16BE with a mark', Buffer.from('\uFEFF{"a":1}', 'utf16le').swap16()],
  ])('is not what is %s', (_name, bytes) => {
    expect(() => read(bytes, 1)).toThrow(
      new BrokenTextError(0, 'must be UTF-8, and looks like UTF-16 or UTF-32'),
    );
  });

  test('may be shorter than a mark', () => {
    expect([read(Buffer.from(''), 1), read(Buffer.from('{}'), 1)]).toEqual(['', '{}']);
  });
});
