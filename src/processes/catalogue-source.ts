import type { CatalogueSource } from '../catalogue/source.ts';
import type { Connection } from '../connections/connection.ts';
import { toProcess } from './presenter.ts';

/** A connection as the catalogue lists it. */
export function catalogueSource(connection: Connection): CatalogueSource {
  const { id, platform, policy, config } = connection;
  return {
    connection: id,
    platform: platform.name,
    policy,
    timeoutMs: config.listTimeout,
    list: async (signal) => {
      const records = await connection.part('processes').list(signal);
      return records.map((record) => ({
        process: toProcess(connection, record),
        native: record.native,
      }));
    },
  };
}
