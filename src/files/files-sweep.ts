import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { FILE_STORE, type FileStore } from './file-store.ts';

/** Nothing is sent so long after it was accepted, in ms. */
const keptMs = 2 * 24 * 3_600_000;
const everyMs = 3_600_000;

/** Removes files that were left over: of a process that was killed between storing them and writing down what for. */
@Injectable()
export class FilesSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: FileStore;
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;

  constructor(@Inject(FILE_STORE) store: FileStore, @Inject(LOG) log: Log) {
    this.#store = store;
    this.#log = log;
  }

  onApplicationBootstrap(): void {
    void this.#sweep();
    this.#timer = setInterval(() => void this.#sweep(), everyMs);
    this.#timer.unref();
  }

  onApplicationShutdown(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async #sweep(): Promise<void> {
    try {
      const removed = await this.#store.removeBefore(Date.now() - keptMs);
      if (removed > 0) this.#log.info({ removed }, 'Files that were left over are removed');
    } catch (error) {
      this.#log.warn({ err: error }, 'Files that were left over cannot be removed');
    }
  }
}
