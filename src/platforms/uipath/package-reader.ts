import { LRUCache } from 'lru-cache';
import { addAbortSignal, Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';
import { StoreUnavailableError } from '../../domain/errors.ts';
import type { ReadablePackage } from '../../domain/import.ts';

/** What is read at once where little is wanted: headers and small entries lie together. In bytes. */
const blockBytes = 64 * 1_024;
/** All that is ever held of a file. */
const heldBlocks = 4;

/** Reads a stored file here and there, for the reader of archives. */
export class PackageReader extends RandomAccessReader {
  /** What the store, and not the file, has failed with. */
  failure: { readonly error: unknown } | null = null;
  readonly #file: ReadablePackage;
  readonly #signal: AbortSignal;
  readonly #blocks = new LRUCache<number, Buffer>({ max: heldBlocks });
  #break: (error: unknown) => void = () => undefined;

  constructor(file: ReadablePackage, signal: AbortSignal) {
    super();
    this.#file = file;
    this.#signal = signal;
  }

  /** What reading the archive gives; what its reader throws while it is called back ends that as well. */
  async ended<T>(reading: () => Promise<T>): Promise<T> {
    const broken = new Promise<never>((_resolve, reject) => {
      this.#break = reject;
    });
    return Promise.race([reading(), broken]);
  }

  /** @throws Error where the file is shorter */
  async bytes(start: number, end: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.#pieces(start, end)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#pieces(start, end), { objectMode: false });
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const copied = this.bytes(position, position + length).then((bytes) => {
      bytes.copy(buffer, offset);
      return null;
    });
    copied
      .catch((error: unknown) => error as Error)
      .then(callback)
      .catch(this.#break);
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Buffer> {
    if (!Number.isSafeInteger(end) || start < 0 || start > end || end > this.#file.length)
      throw new Error('it leads beyond the end of the file');
    if (end - start > blockBytes) {
      yield* this.#opened(start, end);
      return;
    }
    for (let at = start; at < end;) {
      const index = Math.floor(at / blockBytes);
      const from = index * blockBytes;
      const piece = (await this.#block(index)).subarray(at - from, end - from);
      yield piece;
      at += piece.length;
    }
  }

  async #block(index: number): Promise<Buffer> {
    const held = this.#blocks.get(index);
    if (held !== undefined) return held;
    const from = index * blockBytes;
    const pieces: Buffer[] = [];
    const until = Math.min(from + blockBytes, this.#file.length);
    for await (const piece of this.#opened(from, until)) pieces.push(piece);
    const block = Buffer.concat(pieces);
    this.#blocks.set(index, block);
    return block;
  }

  async *#opened(start: number, end: number): AsyncGenerator<Buffer> {
    let left = end - start;
    try {
      this.#signal.throwIfAborted();
      const content = addAbortSignal(this.#signal, await this.#file.open({ start, end }));
      for await (const chunk of content as AsyncIterable<Buffer>) {
        left -= chunk.length;
        if (left < 0) break;
        yield chunk;
      }
      if (left !== 0) throw new StoreUnavailableError('A stored file is not as long as it was.');
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }
}
