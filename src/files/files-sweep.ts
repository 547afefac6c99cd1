import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { EndedFiles } from './ended-files.ts';
import { FILE_STORE, type FileStore } from './file-store.ts';

/** Nothing is sent so long after it was accepted, in ms. */
const keptMs = 2 * 24 * 3_600_000;
const endedEveryMs = 60_000;
const leftOverEveryMs = 3_600_000;

/**
 * Removes files: of operations and runs that ended long enough ago, and those that were left over of a process that was
 * killed between storing them and writing down what for.
 */
@Injectable()
export class FilesSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: FileStore;
  readonly #ended: EndedFiles;
  readonly #retentionMs: number;
  readonly #log: Log;
  #timers: NodeJS.Timeout[] = [];
  #isSweeping = false;

  constructor(
    @Inject(FILE_STORE) store: FileStore,
    @Inject(EndedFiles) ended: EndedFiles,
    @Inject(GATEWAY_CONFIG) { files }: Pick<GatewayConfig, 'files'>,
    @Inject(LOG) log: Log,
  ) {
    this.#store = store;
    this.#ended = ended;
    this.#retentionMs = files.retention;
    this.#log = log;
  }

  onApplicationBootstrap(): void {
    void this.removeLeftOver();
    this.#timers = [
      setInterval(() => void this.removeEnded(), endedEveryMs),
      setInterval(() => void this.removeLeftOver(), leftOverEveryMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  onApplicationShutdown(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Those whose time has come; what cannot be removed comes again later. */
  async removeEnded(): Promise<void> {
    // One that takes longer than until the next would take its turn with a store that is slow already.
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      for (;;) {
        const ids = await this.#ended.take();
        if (ids.length === 0) return;
        await this.#remove(ids);
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'Files of what has ended cannot be removed');
    } finally {
      this.#isSweeping = false;
    }
  }

  async #remove(ids: readonly string[]): Promise<void> {
    const removals = await Promise.allSettled(ids.map((id) => this.#store.remove(id)));
    await this.#ended.forget(ids.filter((_, at) => removals[at]?.status === 'fulfilled'));
    const failed = removals.find((each) => each.status === 'rejected');
    // The others would fail alike, and each after its own timeouts.
    if (failed !== undefined) throw failed.reason;
  }

  async removeLeftOver(): Promise<void> {
    try {
      const before = Date.now() - keptMs - this.#retentionMs;
      const removed = await this.#store.removeBefore(before);
      if (removed > 0) this.#log.info({ removed }, 'Files that were left over are removed');
    } catch (error) {
      this.#log.warn({ err: error }, 'Files that were left over cannot be removed');
    }
  }
}
