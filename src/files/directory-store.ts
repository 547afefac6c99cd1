import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NotFoundError, StoreUnavailableError } from '../domain/errors.ts';
import type { FileStore, StoredFile } from './file-store.ts';

const ownIds = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const ownNames = /^[\da-f-]{36}(\.part)?$/;

/** Files in a folder, which is made when the first one comes. Several machines need a folder that they share. */
export class DirectoryStore implements FileStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(content: AsyncIterable<Uint8Array>): Promise<StoredFile> {
    const id = randomUUID();
    const part = join(this.#folder, `${id}.part`);
    const measure = new Measure(content);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      // On disk before anybody is told that it is stored.
      const file = createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true });
      await pipeline(measure.chunks(), file);
      await rename(part, join(this.#folder, id));
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw measure.fault === null ? unavailable(error) : error;
    }
    return { id, length: measure.length, sha256: measure.digest() };
  }

  async open(id: string): Promise<Readable> {
    const file = ownIds.test(id) ? await open(join(this.#folder, id)).catch(unlessMissing) : null;
    if (file === null) throw new NotFoundError(`There is no file "${id}".`);
    return file.createReadStream();
  }

  async remove(id: string): Promise<void> {
    if (ownIds.test(id)) await rm(join(this.#folder, id), { force: true });
  }

  async removeBefore(instant: number): Promise<number> {
    const names = (await readdir(this.#folder).catch(unlessMissing)) ?? [];
    let removed = 0;
    for (const name of names.filter((each) => ownNames.test(each))) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(unlessMissing);
      if (found === null || found.mtimeMs >= instant) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }
}

/** Counts and hashes what passes, and remembers whether it was the content itself that failed. */
class Measure {
  readonly #content: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  length = 0;
  fault: { readonly error: unknown } | null = null;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#content) {
        this.#hash.update(chunk);
        this.length += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.fault = { error };
      throw error;
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

function unlessMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}

function unavailable(cause: unknown): StoreUnavailableError {
  const { code = 'an unknown error' } = cause as NodeJS.ErrnoException;
  return new StoreUnavailableError(`Files cannot be stored (${code}), so nothing was done.`, {
    outcome: 'not_sent',
    cause,
  });
}
