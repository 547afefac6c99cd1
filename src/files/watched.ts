import { finished, Readable } from 'node:stream';
import { brokenOff } from './file-errors.ts';

/** How a stream is watched. */
export interface Watch {
  /** How long the next bytes of it are waited for, in ms; however long nobody wants them does not count. */
  readonly silenceMs: number;
  /** What went wrong, in a word or two. */
  readonly why: (error: unknown) => string;
}

/** What a stream brings; fails with StoreUnavailableError when that breaks off, or falls silent. */
export class Watched extends Readable {
  readonly #body: Readable;
  readonly #watch: Watch;
  #timer: NodeJS.Timeout | null = null;

  constructor(body: Readable, watch: Watch) {
    super();
    this.#body = body;
    this.#watch = watch;
    body.on('data', (chunk: Buffer) => {
      this.#clear();
      if (!this.push(chunk)) body.pause();
    });
    body.pause();
    finished(body, (error) => {
      this.#clear();
      if (error === null || error === undefined) this.push(null);
      else this.destroy(brokenOff(watch.why(error)));
    });
  }

  override _read(): void {
    this.#timer ??= setTimeout(() => {
      this.#body.destroy(new DOMException('Nothing came in time.', 'TimeoutError'));
    }, this.#watch.silenceMs);
    this.#body.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#clear();
    this.#body.destroy();
    done(error);
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
