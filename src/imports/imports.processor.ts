import {
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
export class ImportsProcessor implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #lines: readonly ImportLine[];

  constructor(@Inject(IMPORT_LINES) lines: readonly ImportLine[]) {
    this.#lines = lines;
  }

  onApplicationBootstrap(): void {
    for (const line of this.#lines) line.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.close()));
  }
}
