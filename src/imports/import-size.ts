import type { Connection } from '../connections/connection.ts';
import { TooLargeError } from '../domain/errors.ts';

/** What a form may have besides its file, in bytes: boundaries, heads of parts, texts. */
const mostAround = 64 * 1_024;

/** How large the file of an import may be: what files may be here, and what its platform takes as soon as that is known. */
export class ImportSize {
  #mostBytes: number;
  #whose = 'files may have here';
  #read = 0;
  #announced = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The most that a request with such a file has, in bytes. */
  get mostOfRequest(): number {
    return this.#mostBytes + mostAround;
  }

  /** How long the request says that it is, in bytes; 0 where it does not. */
  get announced(): number {
    return this.#announced;
  }

  /** A request says how long it is, in bytes. @throws TooLargeError */
  announce(length: number): void {
    this.#announced = length;
    this.#check();
  }

  /** @throws TooLargeError where what has come, or was announced, is too much for it already */
  narrow({ platform, adapter }: Connection): void {
    const { mostBytes = null } = adapter.parts.import ?? {};
    if (mostBytes === null || mostBytes >= this.#mostBytes) return;
    this.#mostBytes = mostBytes;
    this.#whose = `${platform.title} imports here`;
    this.#check();
  }

  /** The bytes of the file. @throws TooLargeError as soon as they are too many */
  async *measured(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      this.#read += chunk.length;
      this.#check();
      yield chunk;
    }
  }

  /** The 413 of a file that is too large, or of a request with more than belongs around one. */
  tooLarge(): TooLargeError {
    return new TooLargeError(
      `The file is larger than ${this.#mostBytes} bytes, which is the most that ${this.#whose}.`,
      { outcome: 'not_sent' },
    );
  }

  #check(): void {
    if (this.#read > this.#mostBytes || this.#announced > this.mostOfRequest) throw this.tooLarge();
  }
}
