import type { Connection } from '../connections/connection.ts';
import { RateLimitedError } from '../domain/errors.ts';
import type { ImportFile, Inspection } from '../domain/import.ts';
import type { PackageFile } from '../domain/package.ts';
import type { FileStore } from '../files/file-store.ts';
import type { Inspections } from '../files/inspections.ts';
import { deadline } from '../timing/deadline.ts';
import { Places } from '../timing/places.ts';
import { fittingName } from '../upstream/file-name.ts';
import { keptBytesOf, refuseTooMuch } from './most-kept.ts';
import { limited, packageOf } from './promoted-package.ts';
import type { Promotion } from './promotion.ts';

/** From where to where something is promoted. */
interface Route {
  readonly from: Connection;
  readonly to: Connection;
}

/** From one connection: the quota of its platform is everybody's, and each fills the store. */
const exportsAtOnce = 2;
const retryAfterMs = 10_000;
/** In a worker each keeps a place of the queue that all changes of all connections are worked off from. */
export const waitingInWorker = 16;

/** What the files of promotions are brought with. */
export interface PromotionTools {
  readonly store: FileStore;
  readonly inspections: Inspections;
  /** Of all files of a promotion. */
  readonly mostBytes: number;
  /** How many may wait for others that come from the same connection: all of this process, wherever they come from. */
  readonly mostWaiting: number;
}

/** Takes the files of a promotion out of the connection that they come from. */
export class PromotedFiles {
  readonly #tools: PromotionTools;
  readonly #exports = new Map<string, Places>();

  constructor(tools: PromotionTools) {
    this.#tools = tools;
  }

  /**
   * Stores the packages of a promotion and looks into each as `to` does; nothing stays stored when this rejects. Its time
   * begins with its turn, and `signal` ends the wait for that, too. `brought` is told how many of its items are here from that
   * turn on.
   * @throws NotFoundError when a version is not there any more, TooLargeError, what export and inspection throw, and
   * RateLimitedError when too many wait already, or it has waited for too long
   */
  async bring(
    promotion: Promotion,
    route: Route,
    signal: AbortSignal,
    brought: (items: number) => void = () => undefined,
  ): Promise<readonly ImportFile[]> {
    const { from } = route;
    const { importTimeout } = from.config;
    const exports = this.#exportsOf(from.id);
    if (exports.isFull && this.#waiting() >= this.#tools.mostWaiting) throw busy(from);
    const patience = deadline(importTimeout, signal);
    const turn = (): Promise<readonly ImportFile[]> =>
      this.#brought(promotion, route, deadline(importTimeout, signal), brought);
    try {
      return await exports.take(turn, patience);
    } catch (error) {
      throw error === patience.reason && !signal.aborted ? busy(from) : error;
    }
  }

  async #brought(
    { items }: Promotion,
    { from, to }: Route,
    signal: AbortSignal,
    told: (items: number) => void,
  ): Promise<readonly ImportFile[]> {
    const { mostBytes } = this.#tools;
    const files: ImportFile[] = [];
    let keptBytes = 0;
    const store = async (file: PackageFile): Promise<void> => {
      const stored = files.reduce((sum, { length }) => sum + length, 0);
      const content = limited(file, mostBytes - stored, mostBytes, signal);
      const brought = await this.#stored(content, file.fileName, to, signal);
      files.push(brought);
      keptBytes += keptBytesOf(brought);
      refuseTooMuch(keptBytes, 'promotion');
    };
    try {
      told(0);
      if (to.part('import').takesOneFile && items.length > 1)
        await store(await from.part('export').export(items, signal));
      else
        for (const item of items) {
          await store(await packageOf(from, item, signal));
          told(files.length);
        }
      return files;
    } catch (error) {
      await this.remove(files);
      throw error;
    }
  }

  #exportsOf(id: string): Places {
    const known = this.#exports.get(id);
    if (known !== undefined) return known;
    const made = new Places(exportsAtOnce);
    this.#exports.set(id, made);
    return made;
  }

  #waiting(): number {
    return [...this.#exports.values()].reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Those that cannot be removed now are swept later. */
  async remove(files: readonly Pick<ImportFile, 'id'>[]): Promise<void> {
    await Promise.allSettled(files.map(({ id }) => this.#tools.store.remove(id)));
  }

  async #stored(
    content: AsyncIterable<Buffer>,
    fileName: string,
    to: Connection,
    signal: AbortSignal,
  ): Promise<ImportFile> {
    const stored = await this.#tools.store.write(content);
    const { id } = stored;
    try {
      const known = { ...stored, name: fittingName(fileName, 'package.bin') };
      const open = (range?: { start: number; end: number }) => this.#tools.store.open(id, range);
      const found: Inspection = await this.#tools.inspections.look(
        stored.length,
        (time) => to.part('import').inspect({ ...known, open }, time),
        signal,
      );
      return { ...known, ...found };
    } catch (error) {
      await this.remove([stored]);
      throw error;
    }
  }
}

function busy({ id, platform }: Connection): RateLimitedError {
  return new RateLimitedError(
    `Too much is being exported from ${platform.title} (${id}) at once.`,
    { connection: id, platform: platform.name, outcome: 'not_sent', retryAfterMs },
  );
}
