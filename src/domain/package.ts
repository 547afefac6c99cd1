import type { Readable } from 'node:stream';

/** The bytes of a version, on their way. Whoever takes it must read or destroy `content`. */
export interface PackageFile {
  readonly content: Readable;
  readonly fileName: string;
  readonly mediaType: string;
  /** In bytes; null when the platform does not say. */
  readonly length: number | null;
  /** SHA-256 of the bytes in base64; null where nobody can say before they have been read. */
  readonly sha256: string | null;
}
