import { Readable } from 'node:stream';

/**
 * A body that is piped, and only that: each piece has gone on before the next one is asked for, so that all of them may lie
 * in the same memory. Streams of Node take memory anew for each, and what many of them leave behind is collected late.
 */
export class Poured extends Readable {
  readonly #pieces: AsyncIterable<Buffer>;

  constructor(pieces: AsyncIterable<Buffer>) {
    super();
    this.#pieces = pieces;
  }

  override pipe<T extends NodeJS.WritableStream>(to: T): T {
    void this.#pour(to);
    return to;
  }

  async #pour(to: NodeJS.WritableStream): Promise<void> {
    try {
      for await (const piece of this.#pieces) {
        // What is wrong with where it goes is said there.
        if (this.destroyed || !(await hasTaken(to, piece))) return;
      }
      to.end();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _read(): void {
    this.destroy(new Error('a body that can only be piped is read'));
  }
}

function hasTaken(to: NodeJS.WritableStream, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    to.write(piece, (error) => {
      resolve(error === null || error === undefined);
    });
  });
}
