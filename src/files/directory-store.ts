import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, pipeline as pipelineTo, Readable } from 'node:stream';
import type { ByteRange } from '../domain/import.ts';
import { brokenOff, noSuchFile, notOpened, notRemoved, notStored } from './file-errors.ts';
import { isFileId } from './file-id.ts';
import type { FileStore, StoredFile } from './file-store.ts';
import { Measure } from './measure.ts';
import { codeOf, isMissing, makePart, partEnd } from './part-file.ts';

/** File systems of networks, of FUSE and of Windows say so that they cannot sync a folder, which they need not mean for its files. */
const unknownToFolders: readonly string[] = ['EINVAL', 'ENOTSUP', 'EPERM'];

/** Files in a folder, which is made when the first one comes. Several machines need a folder that they share. */
export class DirectoryStore implements FileStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(content: AsyncIterable<Uint8Array>): Promise<StoredFile> {
    const id = randomUUID();
    const whole = join(this.#folder, id);
    const part = `${whole}${partEnd}`;
    const measure = new Measure(content);
    try {
      await this.#written(part, measure.chunks());
      await rename(part, whole);
      await this.#keepNames();
    } catch (error) {
      for (const path of [part, whole]) await rm(path, { force: true }).catch(() => undefined);
      throw measure.fault === null ? notStored(codeOf(error), error) : error;
    }
    return { id, length: measure.length, sha256: measure.digest() };
  }

  /** Without this a power failure could take the name of a file that lies on the disk. */
  async #keepNames(): Promise<void> {
    const folder = await open(this.#folder);
    try {
      await folder.sync();
    } catch (error) {
      if (!unknownToFolders.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    } finally {
      await folder.close();
    }
  }

  async #written(part: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await makePart(part, this.#folder);
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      // On disk before anybody is told that it is stored.
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async open(id: string, range?: ByteRange): Promise<Readable> {
    const file = await this.#handle(id);
    if (range === undefined) return readable(file.createReadStream());
    const { start, end } = range;
    if (start < end) return readable(file.createReadStream({ start, end: end - 1 }));
    await file.close();
    return Readable.from([], { objectMode: false });
  }

  async #handle(id: string): Promise<FileHandle> {
    if (!isFileId(id)) throw noSuchFile(id);
    try {
      return await open(join(this.#folder, id));
    } catch (error) {
      throw isMissing(error) ? noSuchFile(id) : notOpened(codeOf(error), error);
    }
  }

  async remove(id: string): Promise<void> {
    if (!isFileId(id)) return;
    try {
      await rm(join(this.#folder, id), { force: true });
    } catch (error) {
      throw notRemoved(codeOf(error), error);
    }
  }

  async removeBefore(instant: number): Promise<number> {
    let removed = 0;
    try {
      for (const name of (await readdir(this.#folder)).filter(isOwn)) {
        const path = join(this.#folder, name);
        const { mtimeMs } = await stat(path).catch(orNow);
        if (mtimeMs >= instant) continue;
        await rm(path, { force: true });
        removed += 1;
      }
    } catch (error) {
      if (!isMissing(error)) throw notRemoved(codeOf(error), error);
    }
    return removed;
  }
}

/** The same bytes; what breaks them off is the store's failure. */
function readable(content: Readable): Readable {
  const body = new PassThrough({
    destroy: (error, done) => {
      const isOwn = error !== null && error === content.errored;
      done(isOwn ? brokenOff(codeOf(error), error) : error);
    },
  });
  // The error itself reaches the reader through `body`, which pipeline destroys with it.
  return pipelineTo(content, body, () => undefined);
}

function isOwn(name: string): boolean {
  return isFileId(name.endsWith(partEnd) ? name.slice(0, -partEnd.length) : name);
}

/** What somebody else has removed meanwhile is nothing to be removed. */
function orNow(error: unknown): { readonly mtimeMs: number } {
  if (isMissing(error)) return { mtimeMs: Number.POSITIVE_INFINITY };
  throw error;
}
