import { randomUUID } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { notStored } from './file-errors.ts';
import { codeOf, makePart, partEnd } from './part-file.ts';
import { mostHeldBytes } from './small-content.ts';

/**
 * A content on its way to where its length and its hash have to be told before it: a small one in memory, any other in a
 * file without a name. Whoever makes one has to close it.
 */
export class Spool {
  readonly #folder: string;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #file: FileHandle | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes all of a content. @throws StoreUnavailableError when the disk does not, or what the content throws */
  async fill(content: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of content) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length > mostHeldBytes) await this.#put();
    }
  }

  async #put(): Promise<void> {
    try {
      this.#file ??= await makeNameless(this.#folder);
      for (const chunk of this.#chunks) await this.#file.writeFile(chunk);
      this.#chunks = [];
    } catch (error) {
      throw notStored(codeOf(error), error);
    }
  }

  /** All of a small one; null where it is in a file. */
  held(): Buffer | null {
    return this.#file === null ? Buffer.concat(this.#chunks) : null;
  }

  /**
   * What is in the file, from its beginning each time, piece by piece in the same memory: each has to be done with before the
   * next one is asked for. @throws StoreUnavailableError
   */
  async *pieces(memory: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; ;) {
      const length = await this.#read(memory, at);
      if (length === 0) return;
      at += length;
      yield memory.subarray(0, length);
    }
  }

  async #read(buffer: Buffer, position: number): Promise<number> {
    try {
      const read = await this.#file?.read({ buffer, position });
      return read?.bytesRead ?? 0;
    } catch (error) {
      throw notStored(codeOf(error), error);
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** A file without a name: its room is free again once it is closed, or its process has ended, however that came. */
async function makeNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `${randomUUID()}${partEnd}`);
  const file = await makePart(path, folder);
  try {
    await rm(path);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}
