import type { Readable } from 'node:stream';
import { ConflictError, GatewayError, RecalledError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import type { Departure } from '../../domain/write.ts';
import { SentFile } from '../sent-file.ts';
import type { Learnt, StepState } from '../stepped-change.ts';
import { packageForm } from './package-form.ts';
import type { UipathClient } from './uipath.client.ts';
import { keyOf, type UploadOrder } from './uipath.import-plan.ts';
import { samePackage } from './uipath.key.ts';
import { PackageContent } from './uipath.package-content.ts';
import type { UipathPackages } from './uipath.packages.ts';
import { ReadOnce } from './uipath.read-once.ts';
import { sameVersion } from './uipath.release-orders.ts';
import { isThere, itemFailure, statusOf, takenPackage } from './uipath.upload-answer.ts';
import type { UipathUploadClient } from './uipath.upload-client.ts';
import type { BulkItemWire, PackageWire } from './uipath.wire.ts';

/** What uploads need. */
export interface UploadTools {
  readonly client: UipathClient;
  readonly uploads: UipathUploadClient;
  readonly packages: UipathPackages;
}

/** Brings packages into the feed, and tells whether they are there. */
export class Uploading {
  readonly #tools: UploadTools;
  readonly #content: PackageContent;
  readonly #standing: ReadOnce<PackageWire[]>;

  constructor(tools: UploadTools) {
    this.#tools = tools;
    this.#content = new PackageContent(tools.client);
    this.#standing = new ReadOnce((id, signal) => tools.packages.versions(id, signal));
  }

  async send(order: UploadOrder, departure: Departure): Promise<Learnt> {
    const { file, length, sha256, feedId, id, version } = order;
    const content = await this.#opened(file, departure);
    const sent = new SentFile({ length, sha256 }, content);
    const form = packageForm({ name: `${id}.${version}.nupkg`, length, content: sent });
    try {
      const item = await this.#tools.uploads.uploadPackage(form, feedId, departure);
      return this.#learntOf(order, item);
    } catch (error) {
      // Its form was never whole, whatever the platform has said meanwhile.
      if (sent.failure !== null) throw sent.failure;
      if (isThere(error)) return await this.#taken(order, error, departure.signal);
      throw error;
    } finally {
      // What has not been read by now never will be.
      form.body.destroy();
      content.destroy();
    }
  }

  /** That it stands counts only where its content is that of the file: others may have given the number to theirs. */
  async look(order: UploadOrder, signal: AbortSignal): Promise<StepState> {
    const held = heldBy(order, await this.#standing.of(order.id, signal));
    if (held === null) return { state: 'open' };
    const isSame = await this.#isSame(order, held, signal);
    if (isSame === true) return { state: 'done', learnt: learntFrom(held) };
    const what = isSame === null ? 'cannot be read' : 'is not that of the file';
    const why = `${keyOf(held)} stands in the feed, and its content ${what}: somebody else may have put it there.`;
    return { state: 'unclear', why };
  }

  /** Before its request is written: where the file cannot be opened, nothing has left. */
  async #opened(file: string, { openFile }: Departure): Promise<Readable> {
    try {
      const content = await openFile(file);
      // Who reads it hears of it as well; until somebody does, it must not end the program.
      content.on('error', () => undefined);
      return content;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      throw new RecalledError(error, error.message, { ...error.details, sent: 'no', cause: error });
    }
  }

  #learntOf(order: UploadOrder, item: BulkItemWire): Learnt {
    const { uploads } = this.#tools;
    const status = statusOf(item);
    if (status === null || status < 200 || (status >= 300 && status < 400))
      throw uploads.broken('it has no status for the package');
    if (status >= 400) throw itemFailure(uploads.name, item, status);
    const taken = takenPackage(item);
    const version = taken.version ?? order.version;
    if (!samePackage(taken.id ?? order.id, order.id) || !sameVersion(version, order.version))
      throw uploads.broken('it names another package than was sent');
    return { version, versionId: `${order.id}:${version}` };
  }

  /** It was not there when it was looked for: an earlier request of this very file may have brought it since. */
  async #taken(order: UploadOrder, refusal: GatewayError, signal: AbortSignal): Promise<Learnt> {
    const held = heldBy(order, await this.#read(refusal, () => this.#versions(order, signal)));
    const isSame =
      held !== null && (await this.#read(refusal, () => this.#isSame(order, held, signal)));
    if (held !== null && isSame === true) return learntFrom(held);
    const { id, version } = order;
    const { connection, platform, upstream } = refusal.details;
    throw new ConflictError(
      `The platform says that its feed has ${id} ${version} by now, and what stands there is not known to be this file: nothing was imported.`,
      {
        ...(connection === undefined ? {} : { connection }),
        ...(platform === undefined ? {} : { platform }),
        ...(upstream === undefined ? {} : { upstream }),
        cause: refusal,
      },
    );
  }

  /** The platform has answered, so whatever a read fails with says nothing of the upload. */
  async #read<T>(refusal: GatewayError, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      const { connection, platform } = this.#tools.uploads.name;
      throw new RecalledError({ code: 'upstream_unavailable' }, refusal.message, {
        connection,
        platform,
        sent: 'maybe',
        cause: error,
      });
    }
  }

  #versions({ id }: UploadOrder, signal: AbortSignal): Promise<PackageWire[]> {
    return this.#tools.packages.versions(id, signal);
  }

  #isSame(order: UploadOrder, held: PackageWire, signal: AbortSignal): Promise<boolean | null> {
    const { feedId, length, sha256 } = order;
    const published = held.Published ?? null;
    return this.#content.isSame({ key: keyOf(held), feedId, published, length, sha256 }, signal);
  }
}

function heldBy(order: UploadOrder, wires: readonly PackageWire[]): PackageWire | null {
  return wires.find(({ Version }) => sameVersion(Version, order.version)) ?? null;
}

function learntFrom(held: PackageWire): Learnt {
  return { process: encodeKey([held.Id]), version: held.Version, versionId: keyOf(held) };
}
