import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { bytesOf } from '../http/raw-body.ts';
import { ImportSize } from './import-size.ts';

const limited = { platform: { title: 'ERP' }, adapter: { parts: { import: { mostBytes: 50 } } } };
const text = (bytes: number, whose: string): string =>
  `The file is larger than ${bytes} bytes, which is the most that ${whose}.`;

/** What a request is told that never says how long it is, and is too long by one byte. */
const told = (size: ImportSize): Promise<unknown> => {
  const most = size.mostOfRequest;
  const content = Readable.from([Buffer.alloc(most + 1)]);
  const body = { type: 'multipart/form-data', isForm: true, length: null, content };
  return buffer(bytesOf(body, most, () => size.tooLarge()));
};

describe('a request that is too large around its file', () => {
  it('is told how large files may be, and not how large requests may be', async () => {
    await expect(told(new ImportSize(100))).rejects.toMatchObject({
      code: 'too_large',
      message: text(100, 'files may have here'),
    });
  });

  it('is told whose limit that is', async () => {
    const size = new ImportSize(100);
    size.narrow(limited as never);
    await expect(told(size)).rejects.toThrow(text(50, 'ERP imports here'));
  });
});
