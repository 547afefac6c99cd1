import { createHash } from 'node:crypto';

/** Counts and hashes what passes, and remembers whether it was the content itself that failed. */
export class Measure {
  readonly #content: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  length = 0;
  fault: { readonly error: unknown } | null = null;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    let isTaken = false;
    try {
      for await (const chunk of this.#content) {
        this.#hash.update(chunk);
        this.length += chunk.length;
        isTaken = true;
        yield chunk;
        isTaken = false;
      }
    } catch (error) {
      // Whoever takes it may have failed, and throws that in here.
      if (!isTaken) this.fault = { error };
      throw error;
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
