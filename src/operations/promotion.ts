import { z } from 'zod';
import type { Connection } from '../connections/connection.ts';
import { NotFoundError, TooLargeError } from '../domain/errors.ts';
import {
  type ConflictMode,
  conflictModes,
  type ImportFile,
  type Inspection,
} from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import type { PackageFile } from '../domain/package.ts';
import type { FileStore } from '../files/file-store.ts';
import { fittingName } from '../upstream/file-name.ts';

const shape = z.object({
  promotion: z.object({
    from: z.string(),
    onConflict: z.enum(conflictModes),
    items: z.array(z.object({ key: z.string(), version: z.string().nullable() })),
  }),
});

/** Versions that are to be taken from one connection to another. */
export interface Promotion {
  /** Id of the connection that they come from. */
  readonly from: string;
  readonly onConflict: ConflictMode;
  /** By native key; null for the latest version once it is its turn. */
  readonly items: readonly PromotedItem[];
}

interface PromotedItem {
  readonly key: string;
  readonly version: string | null;
}

/** What a promotion is kept as until it is its turn. */
export function keptPromotion(promotion: Promotion): Native {
  return { promotion };
}

/** The promotion that is still to be exported; null of one that was, and of imports. */
export function promotionIn(evidence: Native): Promotion | null {
  return shape.safeParse(evidence).data?.promotion ?? null;
}

/** Takes the files of a promotion out of the connection that they come from. */
export class PromotedFiles {
  readonly #store: FileStore;
  readonly #mostBytes: number;

  /** `mostBytes`: of one file. */
  constructor(store: FileStore, mostBytes: number) {
    this.#store = store;
    this.#mostBytes = mostBytes;
  }

  /**
   * Stores the packages of a promotion and looks into each as `to` does; nothing stays stored when this rejects.
   * @throws NotFoundError when a version is not there any more, and what export and inspection throw
   */
  async bring(
    { items }: Promotion,
    { from, to }: { readonly from: Connection; readonly to: Connection },
    signal: AbortSignal,
  ): Promise<readonly ImportFile[]> {
    const files: ImportFile[] = [];
    try {
      if (to.part('import').takesOneFile && items.length > 1) {
        const content = await from.part('export').export(items, signal);
        files.push(await this.#stored(content, to, signal));
      } else
        for (const item of items)
          files.push(await this.#stored(await packageOf(from, item, signal), to, signal));
      return files;
    } catch (error) {
      await this.remove(files);
      throw error;
    }
  }

  /** Those that cannot be removed now are swept later. */
  async remove(files: readonly Pick<ImportFile, 'id'>[]): Promise<void> {
    await Promise.allSettled(files.map(({ id }) => this.#store.remove(id)));
  }

  async #stored(file: PackageFile, to: Connection, signal: AbortSignal): Promise<ImportFile> {
    const stored = await this.#store.write(limited(file, this.#mostBytes));
    const { id } = stored;
    try {
      const known = { ...stored, name: fittingName(file.fileName, 'package.bin') };
      const open = (range?: { start: number; end: number }) => this.#store.open(id, range);
      const found: Inspection = await to.part('import').inspect({ ...known, open }, signal);
      return { ...known, ...found };
    } catch (error) {
      await this.remove([stored]);
      throw error;
    }
  }
}

async function packageOf(
  from: Connection,
  { key, version }: PromotedItem,
  signal: AbortSignal,
): Promise<PackageFile> {
  const file = await from.part('packages').download(key, version ?? 'latest', signal);
  if (file !== null) return file;
  throw new NotFoundError(
    `${from.platform.title} (${from.id}) has no ${version ?? 'version'} of ${key}.`,
    { connection: from.id, platform: from.platform.name, outcome: 'not_sent' },
  );
}

async function* limited(
  { content, fileName }: PackageFile,
  mostBytes: number,
): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > mostBytes)
      throw new TooLargeError(
        `${fileName} is larger than ${mostBytes} bytes, which is the most that files may have here.`,
        { outcome: 'not_sent' },
      );
    yield chunk;
  }
}
