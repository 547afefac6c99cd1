import { finished, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Instant } from '../domain/instant.ts';
import type { PackageFile } from '../domain/package.ts';
import { uniqueFileNames } from './unique-file-names.ts';

/** A file of an archive that is made while it is sent. */
export interface ZipMember {
  /** What it is called, where nothing else in the archive is. */
  readonly name: string;
  /** Null where nobody knows. */
  readonly modifiedAt: Instant | null;
  /** Whether it is compressed already, so that doing it again would only cost time. */
  readonly isCompressed: boolean;
  /** Opens it when its turn has come. */
  readonly open: (signal: AbortSignal) => Promise<Readable>;
}

/** The first day that the format knows: the same members give the same bytes, whenever it is made. */
const firstDay = new Date(1980, 0, 1);

/**
 * A ZIP of these, opened one after the other while it is read, and the first of them before it is given: what fails then is
 * thrown, and what fails later fails the stream. Who destroys it closes what is open.
 */
export async function zipStream(
  members: readonly ZipMember[],
  signal: AbortSignal,
): Promise<Readable> {
  const left = new AbortController();
  const either = AbortSignal.any([signal, left.signal]);
  const first = await members[0]?.open(either);
  const zip = new ZipFile();
  const content = zip.outputStream as Readable;
  const fail = (error: unknown): void => {
    content.destroy(error as Error);
  };
  const open = { source: first };
  content.once('close', () => {
    left.abort(new Error('nobody reads the archive any more'));
    open.source?.destroy();
  });
  // Who reads it hears of it as well; until somebody does, it must not end the program.
  content.on('error', () => undefined);
  zip.on('error', fail);
  const names = uniqueFileNames(members.map(({ name }) => name));
  for (const [index, member] of members.entries()) {
    const opened = index === 0 ? first : undefined;
    zip.addReadStreamLazy(names[index] ?? '', optionsOf(member), (give) => {
      void Promise.resolve(opened ?? member.open(either)).then((source) => {
        open.source = source;
        watch(source, content);
        give(null, source);
      }, fail);
    });
  }
  zip.end();
  return content;
}

function optionsOf({ modifiedAt, isCompressed }: ZipMember): { mtime: Date; compress: boolean } {
  const mtime = modifiedAt === null ? firstDay : new Date(modifiedAt);
  return { mtime, compress: !isCompressed };
}

/** An archive that went on without a member that fails, or waited for it for ever, would pass for a whole one. */
function watch(source: Readable, content: Readable): void {
  if (content.destroyed) source.destroy();
  finished(source, { writable: false }, (error) => {
    if (error) content.destroy(error);
  });
}

/** The same as a file for callers; `subject` is what it is called by. */
export async function zipFile(
  subject: string,
  members: readonly ZipMember[],
  signal: AbortSignal,
): Promise<PackageFile> {
  return {
    content: await zipStream(members, signal),
    fileName: `${subject}-export.zip`,
    mediaType: 'application/zip',
    length: null,
    sha256: null,
  };
}
