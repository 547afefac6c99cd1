import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
} from '@nestjs/common';

/** What opens and closes with its process, and takes its time to close. */
interface Closable {
  open(): unknown;
  close(): Promise<unknown>;
}

/** What sends: it opens once its process has started, and ends together with all others that send. */
export abstract class Draining
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #parts: readonly Closable[];
  #closed: Promise<unknown> | null = null;

  constructor(parts: readonly Closable[]) {
    this.#parts = parts;
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.open()));
  }

  /** Begins to close: all that send do so at once, and share the time that there is. */
  beforeApplicationShutdown(): void {
    this.#closed = Promise.all(this.#parts.map((part) => part.close()));
    this.#closed.catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#closed;
  }
}
