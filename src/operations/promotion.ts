import { bulkhead, type BulkheadPolicy, isBulkheadRejectedError } from 'cockatiel';
import { z } from 'zod';
import type { Connection } from '../connections/connection.ts';
import {
  NotFoundError,
  RateLimitedError,
  TooLargeError,
  UpstreamTimeoutError,
} from '../domain/errors.ts';
import {
  type ConflictMode,
  conflictModes,
  type ImportFile,
  type Inspection,
} from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import type { PackageFile } from '../domain/package.ts';
import type { FileStore } from '../files/file-store.ts';
import { deadline } from '../timing/deadline.ts';
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

/** From where to where something is promoted. */
interface Route {
  readonly from: Connection;
  readonly to: Connection;
}

/** From one connection: the quota of its platform is everybody's, and each fills the store. */
const exportsAtOnce = 2;
const retryAfterMs = 10_000;

/** Takes the files of a promotion out of the connection that they come from. */
export class PromotedFiles {
  readonly #store: FileStore;
  readonly #mostBytes: number;
  readonly #mostWaiting: number;
  readonly #exports = new Map<string, BulkheadPolicy>();

  /**
   * `mostBytes`: of all files of a promotion. `mostWaiting`: how many may wait for others that come from the same
   * connection.
   */
  constructor(store: FileStore, mostBytes: number, mostWaiting = Number.MAX_SAFE_INTEGER) {
    this.#store = store;
    this.#mostBytes = mostBytes;
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Stores the packages of a promotion and looks into each as `to` does; nothing stays stored when this rejects.
   * @throws NotFoundError when a version is not there any more, TooLargeError, what export and inspection throw, and
   * RateLimitedError when too many wait already
   */
  async bring(
    promotion: Promotion,
    route: Route,
    signal: AbortSignal,
  ): Promise<readonly ImportFile[]> {
    const { id, config, platform } = route.from;
    try {
      return await this.#exportsOf(id).execute(
        () => this.#brought(promotion, route, deadline(config.importTimeout, signal)),
        signal,
      );
    } catch (error) {
      if (!isBulkheadRejectedError(error)) throw error;
      throw new RateLimitedError(
        `Too much is being exported from ${platform.title} (${id}) at once.`,
        { connection: id, platform: platform.name, outcome: 'not_sent', retryAfterMs },
      );
    }
  }

  async #brought(
    { items }: Promotion,
    { from, to }: Route,
    signal: AbortSignal,
  ): Promise<readonly ImportFile[]> {
    const files: ImportFile[] = [];
    const store = async (file: PackageFile): Promise<void> => {
      const stored = files.reduce((sum, { length }) => sum + length, 0);
      const content = limited(file, this.#mostBytes - stored, this.#mostBytes, signal);
      files.push(await this.#stored(content, file.fileName, to, signal));
    };
    try {
      if (to.part('import').takesOneFile && items.length > 1)
        await store(await from.part('export').export(items, signal));
      else for (const item of items) await store(await packageOf(from, item, signal));
      return files;
    } catch (error) {
      await this.remove(files);
      throw error;
    }
  }

  #exportsOf(id: string): BulkheadPolicy {
    const known = this.#exports.get(id);
    if (known !== undefined) return known;
    const made = bulkhead(exportsAtOnce, this.#mostWaiting);
    this.#exports.set(id, made);
    return made;
  }

  /** Those that cannot be removed now are swept later. */
  async remove(files: readonly Pick<ImportFile, 'id'>[]): Promise<void> {
    await Promise.allSettled(files.map(({ id }) => this.#store.remove(id)));
  }

  async #stored(
    content: AsyncIterable<Buffer>,
    fileName: string,
    to: Connection,
    signal: AbortSignal,
  ): Promise<ImportFile> {
    const stored = await this.#store.write(content);
    const { id } = stored;
    try {
      const known = { ...stored, name: fittingName(fileName, 'package.bin') };
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

/** Its content as long as `left` bytes suffice, and somebody wants it. */
async function* limited(
  { content }: PackageFile,
  left: number,
  mostBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (signal.aborted)
      throw new UpstreamTimeoutError('It was not exported in its time.', { sent: 'no' });
    read += chunk.length;
    if (read > left)
      throw new TooLargeError(
        `What is to be promoted is larger than ${mostBytes} bytes, which is the most that files may have here.`,
        { outcome: 'not_sent' },
      );
    yield chunk;
  }
}
