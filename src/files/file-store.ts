import type { Readable } from 'node:stream';
import type { ByteRange } from '../domain/import.ts';

/** The store of a process, to be injected. */
export const FILE_STORE = Symbol('file store');

/** A file as it was stored. */
export interface StoredFile {
  /** What it is opened by: made by the store, and never made again. */
  readonly id: string;
  /** In bytes. */
  readonly length: number;
  /** Of its content, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Files that wait for a platform to get them. Gateways write them and workers read them, so all of them use the same
 * store. Nothing goes through it whole.
 */
export interface FileStore {
  /**
   * Stores a content; it is there once this resolves, and nothing of it stays when this rejects.
   * @throws StoreUnavailableError when it cannot be stored, or what the content throws
   */
  write(content: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  /**
   * All of it, or what there is of a part; its end may be infinite. Whoever takes it must read or destroy it.
   * @throws NotFoundError when there is no such file, StoreUnavailableError when it cannot be read, which reading it may
   * throw as well
   */
  open(id: string, range?: ByteRange): Promise<Readable>;
  /** One that there is not is removed already. @throws StoreUnavailableError */
  remove(id: string): Promise<void>;
  /**
   * Removes what was stored, or begun, before that, in ms since 1970, and gives how many files that were.
   * @throws StoreUnavailableError
   */
  removeBefore(instant: number): Promise<number>;
}
