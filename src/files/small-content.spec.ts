import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { readHeld, SmallContent } from './small-content.ts';

async function passed(...chunks: readonly Buffer[]): Promise<SmallContent> {
  const content = new SmallContent(Readable.from(chunks) as AsyncIterable<Buffer>);
  expect(await buffer(content.passing())).toEqual(Buffer.concat(chunks));
  return content;
}

describe('a content that passes', () => {
  it('is held while it is small, however it is cut', async () => {
    const content = await passed(Buffer.from('{"a"'), Buffer.from(': 1}'));
    expect(content.held()?.toString()).toBe('{"a": 1}');
  });

  it('is not held any more once it is large', async () => {
    const content = await passed(randomBytes(40_000), randomBytes(40_000), Buffer.from('end'));
    expect(content.held()).toBeNull();
  });
});

describe('what is held', () => {
  const held = Buffer.from('0123456789');

  it.each([
    ['whole', undefined, '0123456789'],
    ['a part', { start: 2, end: 5 }, '234'],
    ['from somewhere to its end', { start: 7, end: Number.POSITIVE_INFINITY }, '789'],
    ['nothing', { start: 4, end: 4 }, ''],
    ['what lies beyond it', { start: 20, end: 30 }, ''],
  ])('is read as a store gives it: %s', async (_what, range, expected) => {
    expect((await buffer(readHeld(held, range))).toString()).toBe(expected);
  });
});
