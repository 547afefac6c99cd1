import type { ExportItem, ExportPart } from '../../domain/adapter.ts';
import { NotFoundError } from '../../domain/errors.ts';
import type { PackageFile } from '../../domain/package.ts';
import { bodyLengthOf } from '../../upstream/body-length.ts';
import { fileNameOf } from '../../upstream/file-name.ts';
import { findVersions } from '../export-items.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { isGuid, lineageOf, versionOf } from './frends.lineage.ts';

/** Several builds in one export file, made by the tenant. */
export class FrendsExport implements ExportPart {
  readonly #client: FrendsClient;
  readonly #config: FrendsConfig;

  constructor(client: FrendsClient, config: FrendsConfig) {
    this.#client = client;
    this.#config = config;
  }

  async export(items: readonly ExportItem[], signal: AbortSignal): Promise<PackageFile> {
    const { id: connection, platform, concurrency } = this.#config;
    const found = await findVersions(items, {
      asked: { connection, platform },
      concurrency,
      process: async (key) =>
        isGuid(key) ? lineageOf(key, await this.#client.listProcesses(key, signal)) : null,
      version: versionOf,
      idOf: ({ id }) => id,
    });
    const ids = found.map(({ id }) => id);
    const file = await this.#client.exportProcesses(ids, signal);
    if (file === null)
      throw new NotFoundError('One of the versions went away while they were looked for.', {
        connection,
        platform,
        outcome: 'not_sent',
      });
    return {
      content: file.body,
      fileName: fileNameOf(file.headers['content-disposition'], `${connection}-export.json`),
      mediaType: 'application/json',
      length: bodyLengthOf(file.headers),
      sha256: null,
    };
  }
}
