import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc32, deflateRawSync } from 'node:zlib';
import { readZip, writeZip } from './zip.ts';

const entries = [
  { name: 'Größe/list.txt', content: Buffer.from('one\ntwo\n') },
  { name: 'empty', content: Buffer.alloc(0) },
];

describe('a ZIP archive', () => {
  test('gives back what was put in, and only what is wanted', () => {
    const bytes = writeZip(entries);
    expect(readZip(bytes, () => true)).toEqual(entries);
    expect(readZip(bytes, (name) => name === 'empty')).toEqual(entries.slice(1));
  });

  test('is the same for the same entries', () => {
    expect(writeZip(entries).equals(writeZip(structuredCloneOf(entries)))).toBe(true);
  });

  test('may have been deflated, with a comment at its end', () => {
    const content = Buffer.from('text '.repeat(100));
    expect(readZip(deflated('a.txt', content), () => true)).toEqual([{ name: 'a.txt', content }]);
  });

  test('that is broken is refused, and never a crash', () => {
    const bytes = writeZip(entries);
    expect(() => readZip(Buffer.from('not an archive'), () => true)).toThrow();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const broken = Buffer.from(bytes);
        broken[at] = value;
        try {
          readZip(broken, () => true);
        } catch (error) {
          expect(String(error)).toMatch(/Error/);
        }
      }),
    );
  });
});

function structuredCloneOf(list: typeof entries): typeof entries {
  return list.map(({ name, content }) => ({ name, content: Buffer.from(content) }));
}

/** An archive as other tools write it, with one compressed entry. */
function deflated(name: string, content: Buffer): Buffer {
  const stored = writeZip([{ name, content }]);
  const data = deflateRawSync(content);
  const local = Buffer.from(stored.subarray(0, 30 + name.length));
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(data.length, 18);
  const at = 30 + name.length + content.length;
  const directory = Buffer.from(stored.subarray(at, at + 46 + name.length));
  directory.writeUInt16LE(8, 10);
  expect(directory.readUInt32LE(16)).toBe(crc32(content));
  directory.writeUInt32LE(data.length, 20);
  const tail = Buffer.from(stored.subarray(-22));
  tail.writeUInt32LE(local.length + data.length, 16);
  const comment = Buffer.from('made by another tool');
  tail.writeUInt16LE(comment.length, 20);
  return Buffer.concat([local, data, directory, tail, comment]);
}
