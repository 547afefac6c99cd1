import type { CatalogueSource } from '../catalogue/source.ts';
import type { Connection } from '../connections/connection.ts';
import { Rereading } from '../upstream/rereading.ts';
import { toProcess } from './presenter.ts';

/** A connection as the catalogue lists it. */
export function catalogueSource(connection: Connection): CatalogueSource {
  const { id, platform, policy, config } = connection;
  const rereading = new Rereading(config.concurrency);
  return {
    connection: id,
    platform: platform.name,
    policy,
    timeoutMs: config.listTimeout,
    list: async (signal, mayStay) => {
      const part = connection.part('processes');
      const records = await rereading.read(signal, mayStay, () => part.list(signal));
      const presenting = { id, platform, capabilities: connection.capabilities };
      return (
        records?.map((record) => ({
          process: toProcess(presenting, record),
          native: record.native,
        })) ?? null
      );
    },
  };
}
