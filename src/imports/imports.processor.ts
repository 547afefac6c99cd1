import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ImportLine } from './import-line.ts';

/** The lines of all connections that take imports. */
export const IMPORT_LINES = Symbol('import lines');

/** Does imports. */
@Injectable()
export class ImportsProcessor
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #lines: readonly ImportLine[];
  #closed: Promise<unknown> | null = null;

  constructor(@Inject(IMPORT_LINES) lines: readonly ImportLine[]) {
    this.#lines = lines;
  }

  onApplicationBootstrap(): void {
    for (const line of this.#lines) line.open();
  }

  /** Begins to close: all that send do so at once, and share the time that there is. */
  beforeApplicationShutdown(): void {
    this.#closed = Promise.all(this.#lines.map((line) => line.close()));
    this.#closed.catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#closed;
  }
}
