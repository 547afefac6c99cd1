import { crc32, inflateRawSync } from 'node:zlib';

/** A file in an archive. */
export interface ZipEntry {
  /** With `/` between folders. */
  readonly name: string;
  readonly content: Buffer;
}

/** Signatures and sizes of PKWARE's APPNOTE.TXT §4.3. */
const local = { signature: 0x04034b50, size: 30 };
const central = { signature: 0x02014b50, size: 46 };
const end = { signature: 0x06054b50, size: 22 };
const longestComment = 0xffff;
const unicodeNames = 0x0800;
/** 1980-01-01, the first day that the format knows: an archive tells nothing about when it was made. */
const firstDay = 0x21;
const largestEntry = 512 * 1_024 ** 2;

/** An archive of stored, not compressed, entries: the same entries give the same bytes. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const bytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(unicodeNames, 2);
    common.writeUInt16LE(firstDay, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(bytes.length, 22);
    files.push(uint32(local.signature), common, bytes, content);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(uint32(central.signature), Buffer.from([20, 0]), common, place, bytes);
    offset += local.size + bytes.length + content.length;
  }
  const index = Buffer.concat(directory);
  const tail = Buffer.alloc(end.size);
  tail.writeUInt32LE(end.signature, 0);
  tail.writeUInt16LE(entries.length, 8);
  tail.writeUInt16LE(entries.length, 10);
  tail.writeUInt32LE(index.length, 12);
  tail.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, index, tail]);
}

/**
 * The entries of an archive whose names are `wanted`, stored or deflated.
 * @throws Error for anything that is not such an archive
 */
export function readZip(bytes: Buffer, wanted: (name: string) => boolean): ZipEntry[] {
  const tail = bytes.lastIndexOf(uint32(end.signature));
  if (tail < 0 || tail < bytes.length - end.size - longestComment) throw new Error('not a ZIP');
  const count = bytes.readUInt16LE(tail + 10);
  const found: ZipEntry[] = [];
  let at = bytes.readUInt32LE(tail + 16);
  for (let index = 0; index < count; index += 1) {
    if (bytes.readUInt32LE(at) !== central.signature) throw new Error('a broken ZIP directory');
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + central.size, at + central.size + nameLength);
    if (wanted(name)) found.push({ name, content: contentAt(bytes, at) });
    at += central.size + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return found;
}

/** What the directory entry at `entry` points at. */
function contentAt(bytes: Buffer, entry: number): Buffer {
  const method = bytes.readUInt16LE(entry + 10);
  const length = bytes.readUInt32LE(entry + 20);
  const header = bytes.readUInt32LE(entry + 42);
  if (bytes.readUInt32LE(header) !== local.signature) throw new Error('a broken ZIP entry');
  const start =
    header + local.size + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  const data = bytes.subarray(start, start + length);
  if (method === 0) return data;
  if (method === 8) return inflateRawSync(data, { maxOutputLength: largestEntry });
  throw new Error(`an unknown ZIP method ${method}`);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
