import type { Readable } from 'node:stream';

/** The bytes of a version, on their way. Whoever takes it must read or destroy `content`. */
export interface PackageFile {
  readonly content: Readable;
  readonly fileName: string;
  readonly mediaType: string;
  /** In bytes; null when the platform does not say. */
  readonly length: number | null;
}
