import { describe, expect, test } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { PackageFile } from '../domain/package.ts';
import { digested } from './file-digest.ts';

const long = Buffer.alloc(1_024 ** 2 + 1, 'x');
const short = Buffer.from('short');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

function file(bytes: Buffer, isLengthKnown: boolean): PackageFile {
  return {
    content: Readable.from([bytes]),
    fileName: 'a.zip',
    mediaType: 'application/zip',
    length: isLengthKnown ? bytes.length : null,
    sha256: null,
  };
}

function asking(wanted: string | null, httpVersion = '1.1'): FastifyRequest {
  const headers = wanted === null ? {} : { 'want-repr-digest': wanted };
  return { raw: { httpVersion }, headers } as unknown as FastifyRequest;
}

describe('a file', () => {
  test('that is short has its digest before it', async () => {
    const ready = await digested(asking(null), file(short, true));
    expect(ready).toMatchObject({ length: 5, sha256: sha256(short), digestAfter: null });
    expect(await buffer(ready.content)).toEqual(short);
  });

  test('whose digest is known is left as it is', async () => {
    const known = { ...file(long, true), sha256: 'known' };
    expect(await digested(asking('sha-256=10'), known)).toEqual({ ...known, digestAfter: null });
  });

  test.each([
    ['of no known length', null, false, true],
    ['that is long', null, true, false],
    ['that is long and whose digest is wanted', 'sha-256=10', true, true],
    ['that is long and whose digest is wanted, too', 'sha-512=10, sha-256=3', true, true],
    ['that is long and whose digest is not wanted', 'sha-256=0', true, false],
    ['that is long and of which another digest is wanted', 'sha-512=10', true, false],
  ])('%s: its digest follows %j, known %j: %j', async (_name, wanted, isKnown, follows) => {
    const ready = await digested(asking(wanted), file(long, isKnown));
    expect(long.equals(await buffer(ready.content))).toBe(true);
    expect(ready.sha256).toBeNull();
    expect(ready.length).toBe(follows || !isKnown ? null : long.length);
    expect(ready.digestAfter?.() ?? null).toBe(follows ? sha256(long) : null);
  });

  test('has no digest after it where HTTP has no trailers', async () => {
    const ready = await digested(asking('sha-256=10', '1.0'), file(long, false));
    expect(ready.digestAfter).toBeNull();
  });

  test('that breaks off fails, short or long', async () => {
    const cut = (length: number | null): PackageFile => {
      const content = new PassThrough();
      content.write('some of it');
      setTimeout(() => content.destroy(new Error('cut')), 10);
      return { ...file(short, true), content, length };
    };
    await expect(digested(asking(null), cut(9_999))).rejects.toThrow('cut');
    const ready = await digested(asking(null), cut(null));
    await expect(buffer(ready.content)).rejects.toThrow('cut');
  });

  test('that nobody reads any more is closed at its source', async () => {
    const source = new PassThrough();
    const ready = await digested(asking(null), { ...file(long, false), content: source });
    ready.content.destroy();
    await new Promise((done) => source.once('close', done));
    expect(source.destroyed).toBe(true);
  });
});
