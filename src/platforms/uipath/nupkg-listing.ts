import { type Entry, getFileNameLowLevel, type ZipFile } from 'yauzl';
import { entryNameProblem, isManifestName, shownName } from './nupkg-entry-name.ts';
import { NupkgProblem, wholeFile } from './nupkg-problem.ts';
import type { PackageReader } from './package-reader.ts';

export const mostEntries = 10_000;
/** A package inflates to so many times its size at most, all its entries together. */
export const mostInflation = 100;
/** And to so many bytes at most: it is counted and compared for as long as that takes. */
export const largestInflated = 4 * 1_024 ** 3;
/** In bytes: what of it is kept is held until all of the package was read. */
const largestDirectory = 4 * 1_024 ** 2;
/** Inflated, in bytes: it is read in one go. */
const largestManifest = 256 * 1_024;
/** Stored, deflated (PKWARE APPNOTE 4.4.5). */
const readableMethods = [0, 8];
/** Of an entry of the directory, and of what may follow the last one (APPNOTE 4.3.14, 4.3.16). */
const endSignatures = [0x06064b50, 0x06054b50];

/** An entry of an archive. */
export interface Member {
  /** As problems show it. */
  readonly name: string;
  readonly entry: Entry;
}

/** What the directory of a package says. */
export interface Listing {
  /** In the order in which they lie in the file. */
  readonly members: readonly Member[];
  readonly manifest: Member;
}

/**
 * Reads the directory of an archive of `length` bytes, before anything is inflated.
 * @throws NupkgProblem, and what the reader of archives throws
 */
export async function listingOf(
  zip: ZipFile,
  reader: PackageReader,
  length: number,
): Promise<Listing> {
  if (zip.entryCount > mostEntries)
    throw new NupkgProblem(wholeFile, `has more than ${mostEntries} entries`);
  if (length - Number(zip.readEntryCursor) > largestDirectory)
    throw new NupkgProblem(wholeFile, `has a directory of more than ${largestDirectory} bytes`);
  const directory = new Directory(length);
  for await (const entry of zip.eachEntry()) directory.add(entry);
  await refuseHidden(reader, Number(zip.readEntryCursor));
  return directory.listing();
}

/** Entries that stand in the directory and are not counted are seen by some readers and not by others. */
async function refuseHidden(reader: PackageReader, end: number): Promise<void> {
  const signature = (await reader.bytes(end, end + 4)).readUInt32LE();
  if (!endSignatures.includes(signature))
    throw new NupkgProblem(wholeFile, 'has entries that its directory does not count');
}

class Directory {
  readonly #length: number;
  readonly #members: Member[] = [];
  readonly #manifests: Member[] = [];
  readonly #names = new Set<string>();
  #inflated = 0;

  constructor(length: number) {
    this.#length = length;
  }

  add(entry: Entry): void {
    const names = namesOf(entry);
    const [whole = ''] = names;
    const name = shownName(whole);
    const member = { name, entry: slim(entry) };
    const at = name === '' ? `entry ${this.#members.length + 1}` : name;
    for (const each of names) {
      const problem = entryNameProblem(each);
      if (problem !== null) throw new NupkgProblem(at, problem);
    }
    if (this.#names.has(whole)) throw new NupkgProblem(at, 'stands there twice');
    this.#names.add(whole);
    refuseUnreadable(at, entry);
    this.#inflated += entry.uncompressedSize;
    if (isTooMuch(this.#inflated, this.#length)) throw inflatesTooMuch(at);
    this.#members.push(member);
    if (names.some(isManifestName)) this.#manifests.push(member);
  }

  listing(): Listing {
    const [manifest, another] = this.#manifests;
    if (manifest === undefined) throw this.#withoutManifest();
    if (another !== undefined)
      throw new NupkgProblem(another.name, `is a second manifest beside ${manifest.name}`);
    if (manifest.entry.uncompressedSize > largestManifest)
      throw new NupkgProblem(manifest.name, `is larger than ${largestManifest} bytes`);
    const offset = ({ entry }: Member): number => entry.relativeOffsetOfLocalHeader;
    return { manifest, members: this.#members.toSorted((a, b) => offset(a) - offset(b)) };
  }

  #withoutManifest(): NupkgProblem {
    const inner = this.#members.find(({ name }) => /\.nupkg$/i.test(name));
    if (inner === undefined)
      return new NupkgProblem(wholeFile, 'has no .nuspec in its root, so it is no package');
    return new NupkgProblem(
      inner.name,
      'is a package within an archive, as exports of several are: import each of them by itself',
    );
  }
}

/** By its bytes, and by its Unicode name (Info-ZIP, APPNOTE 4.6.9), which readers are free to take instead. */
function namesOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): readonly string[] {
  const raw = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, [], true);
  return [
    ...new Set([raw, getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true)]),
  ];
}

/** Without what it says beside its name, and without the bytes of the file that its name is a part of. */
function slim(entry: Entry): Entry {
  const none = Buffer.alloc(0);
  return Object.assign(entry, {
    fileName: '',
    fileNameRaw: Buffer.from(entry.fileNameRaw),
    fileComment: '',
    comment: '',
    fileCommentRaw: none,
    extraFieldRaw: none,
    extraFields: [],
  });
}

function refuseUnreadable(at: string, entry: Entry): void {
  if (entry.isEncrypted()) throw new NupkgProblem(at, 'is encrypted');
  if (!readableMethods.includes(entry.compressionMethod))
    throw new NupkgProblem(at, 'is compressed in a way that packages are not');
}

/** Where the sum of all so far goes over. */
export function inflatesTooMuch(at: string): NupkgProblem {
  return new NupkgProblem(
    at,
    `makes the package inflate to more than ${mostInflation} times its size, or ${largestInflated} bytes`,
  );
}

/** Whether so many bytes are more than a file of `length` bytes may inflate to. */
export function isTooMuch(inflated: number, length: number): boolean {
  return inflated > Math.min(length * mostInflation, largestInflated);
}
