import { Readable } from 'node:stream';
import type { ExportItem, ExportPart } from '../../domain/adapter.ts';
import { NotFoundError } from '../../domain/errors.ts';
import { toInstant } from '../../domain/instant.ts';
import type { PackageFile } from '../../domain/package.ts';
import { findVersions } from '../export-items.ts';
import { zipFile } from '../zip-stream.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';
import { foundVersion } from './odsl.found-version.ts';
import { idOf } from './odsl.key.ts';
import { versionOf } from './odsl.mapper.ts';
import { packageName } from './odsl.packaged-key.ts';
import { currentOf } from './odsl.standing.ts';

/** Several configurations in an archive, as the platform has no call for that. */
export class OdslExport implements ExportPart {
  readonly #client: OdslClient;
  readonly #config: OdslConfig;

  constructor(client: OdslClient, config: OdslConfig) {
    this.#client = client;
    this.#config = config;
  }

  async export(items: readonly ExportItem[], signal: AbortSignal): Promise<PackageFile> {
    const { id: connection, platform, concurrency } = this.#config;
    const found = await findVersions(items, {
      asked: { connection, platform },
      concurrency,
      process: (key) => currentOf(this.#client, idOf(key), signal),
      version: async (current, asked) => {
        const version = await foundVersion(this.#client, current, asked, signal);
        // What a configuration holds may be long, and is read again when its turn has come.
        return (
          version && {
            process: version.process,
            version: version.version,
            number: versionOf(version.wire._version),
            modifiedAt: toInstant(version.wire._timestamp),
          }
        );
      },
      idOf: ({ version }) => version,
    });
    const members = found.map(({ process, version, number, modifiedAt }) => ({
      name: packageName(process, version),
      modifiedAt,
      isCompressed: false,
      open: (either: AbortSignal) => this.#open(process, number, either),
    }));
    return zipFile(connection, members, signal);
  }

  async #open(process: string, number: string | null, signal: AbortSignal): Promise<Readable> {
    const bytes = await this.#client.getProcessBytes(process, number, signal);
    if (bytes !== null) return Readable.from([bytes]);
    const { id: connection, platform } = this.#config;
    throw new NotFoundError(`${process} went away while it was looked for.`, {
      connection,
      platform,
      outcome: 'not_sent',
    });
  }
}
