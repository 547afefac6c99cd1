import type { Readable } from 'node:stream';
import type { Log } from '../telemetry/log.ts';
import type { EndedFiles } from './ended-files.ts';
import type { FileStore } from './file-store.ts';

/** Files as the ledger sends them and lets go of them, whatever they belong to: a part of its `LedgerKind`. */
export class SentFiles {
  readonly #store: FileStore;
  readonly #ended: EndedFiles;
  readonly #keepMs: number;
  readonly #log: Log;

  /** `keepMs`: how long a file is kept once it is not sent any more. */
  constructor(store: FileStore, ended: EndedFiles, keepMs: number, log: Log) {
    this.#store = store;
    this.#ended = ended;
    this.#keepMs = keepMs;
    this.#log = log;
  }

  // Members of their own, so that they can be spread into what the ledger takes.
  readonly openFile = (id: string): Promise<Readable> => this.#store.open(id);

  /** What cannot be removed now is left to the sweep. */
  readonly removeFiles = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return;
    if (this.#keepMs > 0) return this.#leave(ids);
    const removals = await Promise.allSettled(ids.map((id) => this.#store.remove(id)));
    const left = ids.filter((_, at) => removals[at]?.status === 'rejected');
    if (left.length === 0) return;
    this.#log.warn({ ids: left }, 'Files that were sent cannot be removed; that is tried again');
    await this.#leave(left);
  };

  async #leave(ids: readonly string[]): Promise<void> {
    try {
      await this.#ended.add(ids, this.#keepMs);
    } catch (error) {
      this.#log.warn({ ids, err: error }, 'Files that were sent stay until what is old is removed');
    }
  }
}
