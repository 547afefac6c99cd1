import { crc32 } from 'node:zlib';
import { fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { StoreUnavailableError } from '../../domain/errors.ts';
import type { ReadablePackage } from '../../domain/import.ts';
import {
  inflatesTooMuch,
  isTooMuch,
  type Listing,
  listingOf,
  type Member,
} from './nupkg-listing.ts';
import { NupkgProblem, wholeFile } from './nupkg-problem.ts';
import { type PackageIdentity, readNuspec } from './nuspec.ts';
import { PackageReader } from './package-reader.ts';

/** A local file header (PKWARE APPNOTE 4.3.7). */
const localSignature = Buffer.from('PK\u0003\u0004');
const encrypted = 0x0001 | 0x0040;

/**
 * What a package is, once all of it was read: inflated piece by piece, counted and compared with its checksums, because
 * what an archive says of its own sizes may be a lie.
 * @throws NupkgProblem naming the place, StoreUnavailableError where it cannot be read in time, and what the store throws
 */
export async function inspectNupkg(
  file: ReadablePackage,
  signal: AbortSignal,
): Promise<PackageIdentity> {
  const reader = new PackageReader(file, signal);
  try {
    return await reader.ended(() => identityIn(reader, file.length));
  } catch (error) {
    if (signal.aborted)
      throw new StoreUnavailableError('The file could not be looked into in its time.', {
        outcome: 'not_sent',
        cause: error,
      });
    throw reader.failure === null ? error : reader.failure.error;
  }
}

async function identityIn(reader: PackageReader, length: number): Promise<PackageIdentity> {
  const head = await reader.bytes(0, Math.min(localSignature.length, length));
  if (!head.equals(localSignature))
    throw new NupkgProblem(wholeFile, 'is no ZIP, which packages are');
  const zip = await readable(wholeFile, 'is no whole ZIP', () =>
    fromRandomAccessReaderPromise(reader, length, { decodeStrings: false, autoClose: false }),
  );
  try {
    const listing = await readable(wholeFile, 'has a broken directory', () =>
      listingOf(zip, reader, length),
    );
    const { manifest } = listing;
    return readNuspec(manifest.name, await new Contents(zip, length).manifest(listing));
  } finally {
    zip.close();
  }
}

/** What the reader of archives throws says what is wrong in its own words, and not where; a defect is none of the file's. */
async function readable<T>(at: string, problem: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isKnown = error instanceof NupkgProblem || error instanceof TypeError;
    throw isKnown ? error : new NupkgProblem(at, problem, error);
  }
}

/** The contents of a package, each read to its end. */
class Contents {
  readonly #zip: ZipFile;
  readonly #length: number;
  #inflated = 0;
  /** Where the content of the entry before ends in the file. */
  #end = 0;

  constructor(zip: ZipFile, length: number) {
    this.#zip = zip;
    this.#length = length;
  }

  /** The bytes of the manifest, once everything was read. */
  async manifest({ members, manifest }: Listing): Promise<Buffer> {
    const kept: Buffer[] = [];
    for (const member of members) {
      const keep = member === manifest ? (chunk: Buffer) => kept.push(chunk) : () => 0;
      await readable(member.name, 'is damaged, or not as long as it says', () =>
        this.#read(member, keep),
      );
    }
    return Buffer.concat(kept);
  }

  async #read(member: Member, keep: (chunk: Buffer) => void): Promise<void> {
    const { name, entry } = member;
    await this.#compare(member);
    const content = await this.#zip.openReadStreamPromise(entry);
    let checksum = 0;
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        this.#inflated += chunk.length;
        if (isTooMuch(this.#inflated, this.#length)) throw inflatesTooMuch(name);
        checksum = crc32(chunk, checksum);
        keep(chunk);
      }
    } finally {
      content.destroy();
    }
    if (checksum !== entry.crc32) throw new NupkgProblem(name, 'does not fit its checksum');
  }

  /** What stands before its content has to say the same as the directory. */
  async #compare({ name, entry }: Member): Promise<void> {
    const header = await this.#zip.readLocalFileHeaderPromise(entry);
    const isSame =
      header.fileName.equals(entry.fileNameRaw) &&
      header.compressionMethod === entry.compressionMethod &&
      (header.generalPurposeBitFlag & encrypted) === 0;
    if (!isSame) throw new NupkgProblem(name, 'is another entry than the directory says');
    if (entry.relativeOffsetOfLocalHeader < this.#end)
      throw new NupkgProblem(name, 'lies within another entry');
    this.#end = header.fileDataStart + entry.compressedSize;
  }
}
