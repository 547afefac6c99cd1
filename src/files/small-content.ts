import { Readable } from 'node:stream';
import type { ByteRange } from '../domain/import.ts';

/** Beyond this nothing is held, in bytes: many may come at once. */
export const mostHeldBytes = 64 * 1_024;

/** Holds a content that passes as long as it is small, so that it need not be read back to be looked into. */
export class SmallContent {
  readonly #content: AsyncIterable<Buffer>;
  #chunks: Buffer[] | null = [];
  #length = 0;

  constructor(content: AsyncIterable<Buffer>) {
    this.#content = content;
  }

  async *passing(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#content) {
      this.#length += chunk.length;
      if (this.#length > mostHeldBytes) this.#chunks = null;
      else this.#chunks?.push(chunk);
      yield chunk;
    }
  }

  /** All of it once it has passed; null where it was more than is held. */
  held(): Buffer | null {
    return this.#chunks === null ? null : Buffer.concat(this.#chunks);
  }
}

/** What is held, or what there is of a part of it, as a store would give it. */
export function readHeld(held: Buffer, range?: ByteRange): Readable {
  const bytes = range === undefined ? held : held.subarray(range.start, range.end);
  return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false });
}
