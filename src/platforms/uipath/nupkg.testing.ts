import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32, deflateRawSync } from 'node:zlib';
import type { ByteRange, ReadablePackage } from '../../domain/import.ts';

/** An entry as it is written, and what it says that is not so. */
export interface WrittenEntry {
  readonly name: string | Buffer;
  readonly content?: Buffer | string;
  /** Deflated unless it says otherwise. */
  readonly method?: number;
  readonly flags?: number;
  /** The bytes in the file; those of the content when left out. */
  readonly data?: Buffer;
  /** What the directory says. */
  readonly size?: number;
  readonly compressedSize?: number;
  readonly crc?: number;
  readonly offset?: number;
  readonly extra?: Buffer;
  /** What stands before the content. */
  readonly localName?: string;
}

/** What the end of an archive says. */
export interface WrittenEnd {
  readonly count?: number;
  readonly directory?: number;
  readonly comment?: Buffer;
  /** Beside the usual end, which then says to look there. */
  readonly zip64?: { readonly count?: bigint; readonly directory?: bigint; readonly at?: bigint };
}

const utf8 = 0x0800;

/** An archive, honest or not (PKWARE APPNOTE 4.3). */
export function zipOf(entries: readonly WrittenEntry[], end: WrittenEnd = {}): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { local, central } = writtenEntry(entry, at);
    files.push(local);
    directory.push(central);
    at += local.length;
  }
  const index = Buffer.concat(directory);
  return Buffer.concat([...files, index, endOf(entries.length, at, index.length, end)]);
}

function writtenEntry(entry: WrittenEntry, at: number): { local: Buffer; central: Buffer } {
  const content = Buffer.from(entry.content ?? '');
  const method = entry.method ?? 8;
  const data = entry.data ?? (method === 8 ? deflateRawSync(content) : content);
  const name = Buffer.from(entry.name);
  const extra = entry.extra ?? Buffer.alloc(0);
  const common = (own: Buffer, more: Buffer): Buffer => {
    const bytes = Buffer.alloc(26);
    bytes.writeUInt16LE(20, 0);
    bytes.writeUInt16LE(entry.flags ?? utf8, 2);
    bytes.writeUInt16LE(method, 4);
    bytes.writeUInt16LE(0x21, 8);
    bytes.writeUInt32LE(entry.crc ?? crc32(content), 10);
    bytes.writeUInt32LE(entry.compressedSize ?? data.length, 14);
    bytes.writeUInt32LE(entry.size ?? content.length, 18);
    bytes.writeUInt16LE(own.length, 22);
    bytes.writeUInt16LE(more.length, 24);
    return bytes;
  };
  const localName = entry.localName === undefined ? name : Buffer.from(entry.localName);
  const place = Buffer.alloc(14);
  place.writeUInt32LE(entry.offset ?? at, 10);
  const none = Buffer.alloc(0);
  return {
    local: Buffer.concat([Buffer.from('PK\u0003\u0004'), common(localName, none), localName, data]),
    central: Buffer.concat([
      Buffer.from('PK\u0001\u0002'),
      Buffer.from([20, 0]),
      common(name, extra),
      place,
      name,
      extra,
    ]),
  };
}

function endOf(entries: number, at: number, length: number, end: WrittenEnd): Buffer {
  const { comment = Buffer.alloc(0), zip64 } = end;
  const count = end.count ?? entries;
  const directory = end.directory ?? at;
  const tail = Buffer.alloc(22);
  tail.write('PK\u0005\u0006');
  tail.writeUInt16LE(zip64 === undefined ? count : 0xffff, 8);
  tail.writeUInt16LE(zip64 === undefined ? count : 0xffff, 10);
  tail.writeUInt32LE(length, 12);
  tail.writeUInt32LE(zip64 === undefined ? directory : 0xffffffff, 16);
  tail.writeUInt16LE(comment.length, 20);
  if (zip64 === undefined) return Buffer.concat([tail, comment]);
  const record = Buffer.alloc(56);
  record.write('PK\u0006\u0006');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(zip64.count ?? BigInt(count), 24);
  record.writeBigUInt64LE(zip64.count ?? BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(zip64.directory ?? BigInt(directory), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\u0006\u0007');
  locator.writeBigUInt64LE(zip64.at ?? BigInt(at + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, tail, comment]);
}

/** The manifest of a package. */
export function nuspecText(id: string, version: string, title: string | null = null): string {
  const named = title === null ? '' : `<title>${title}</title>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata><id>${id}</id><version>${version}</version>${named}<authors>Tests</authors></metadata>
</package>`;
}

/** A package as Studio would publish it, with some bytes of its own. */
export function packageOf(id: string, version: string, content = 'flow'): Buffer {
  return zipOf([
    { name: `${id}.nuspec`, content: nuspecText(id, version) },
    { name: '_rels/.rels', content: '<Relationships />' },
    { name: 'lib/net45/Main%20Flow.xaml', content },
  ]);
}

/** A file in memory, and how it is read. */
export class StoredBytes implements ReadablePackage {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  readonly sha256: string;
  readonly ranges: (ByteRange | undefined)[] = [];
  readonly #bytes: Buffer;
  readonly #opened: Readable[] = [];

  constructor(bytes: Buffer, name = 'package.nupkg', id = name) {
    this.#bytes = bytes;
    this.id = id;
    this.name = name;
    this.length = bytes.length;
    this.sha256 = createHash('sha256').update(bytes).digest('hex');
  }

  /** Of the streams that were opened, so many are neither read to their end nor destroyed. */
  get unread(): number {
    return this.#opened.filter(({ destroyed }) => !destroyed).length;
  }

  open(range?: ByteRange): Promise<Readable> {
    this.ranges.push(range);
    const { start, end } = range ?? { start: 0, end: this.length };
    const bytes = this.#bytes.subarray(start, end);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
      bytes.subarray(at * 65_536, (at + 1) * 65_536),
    );
    const content = Readable.from(pieces, { objectMode: false });
    this.#opened.push(content);
    return Promise.resolve(content);
  }
}
