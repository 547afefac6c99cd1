import type { Connection } from '../connections/connection.ts';
import type { ConflictMode } from '../domain/import.ts';
import type { StoredFile } from '../files/file-store.ts';

/** A file as it came. */
export interface UploadedFile extends StoredFile {
  readonly name: string;
}

/** What is to be imported, as it was asked for. */
export interface ImportOrder {
  readonly connection: Connection;
  readonly onConflict: ConflictMode;
  readonly validateOnly: boolean;
  /** What the file is said to be; null where nothing was. */
  readonly version: string | null;
  readonly file: UploadedFile;
  /** The content of a small file; null for one that has to be read from its store. */
  readonly held: Buffer | null;
}
