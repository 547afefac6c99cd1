import type { Readable } from 'node:stream';
import type { ExportItem, ExportPart } from '../../domain/adapter.ts';
import { NotFoundError } from '../../domain/errors.ts';
import type { PackageFile } from '../../domain/package.ts';
import { findVersions } from '../export-items.ts';
import { zipFile } from '../zip-stream.ts';
import type { UipathClient } from './uipath.client.ts';
import type { UipathConfig } from './uipath.config.ts';
import { packageOf } from './uipath.key.ts';
import { toVersion } from './uipath.mapper.ts';
import type { UipathPackages } from './uipath.packages.ts';
import type { UipathPlaces } from './uipath.places.ts';

/** What an export reads. */
export interface ExportReads {
  readonly client: UipathClient;
  readonly packages: UipathPackages;
  readonly places: UipathPlaces;
}

/** Several packages in an archive, as the platform has no call for that. */
export class UipathExport implements ExportPart {
  readonly #reads: ExportReads;
  readonly #config: UipathConfig;

  constructor(reads: ExportReads, config: UipathConfig) {
    this.#reads = reads;
    this.#config = config;
  }

  async export(items: readonly ExportItem[], signal: AbortSignal): Promise<PackageFile> {
    const { packages, places } = this.#reads;
    const { id: connection, platform, concurrency } = this.#config;
    const found = await findVersions(items, {
      asked: { connection, platform },
      concurrency,
      process: async (key) => {
        const id = packageOf(key);
        const wires = await packages.versions(id, signal);
        return id === null || wires.length === 0 ? null : { id, wires };
      },
      version: ({ id, wires }, asked) => {
        const record = toVersion(wires, asked);
        return record && { id, version: record.version, createdAt: record.createdAt };
      },
      idOf: ({ version }) => version,
    });
    const feedId = await places.feedId(signal);
    const members = found.map(({ id, version, createdAt }) => ({
      name: `${id}.${version}.nupkg`,
      modifiedAt: createdAt,
      isCompressed: true,
      open: (either: AbortSignal) => this.#open(`${id}:${version}`, feedId, either),
    }));
    return zipFile(connection, members, signal);
  }

  async #open(key: string, feedId: string | null, signal: AbortSignal): Promise<Readable> {
    const answer = await this.#reads.client.downloadPackage(key, feedId, signal);
    if (answer !== null) return answer.body;
    const { id: connection, platform } = this.#config;
    throw new NotFoundError(`${key} went away while it was looked for.`, {
      connection,
      platform,
      outcome: 'not_sent',
    });
  }
}
