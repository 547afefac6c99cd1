import { type CellStore, listOf } from './cell.ts';
import { keepMsOf } from './freshness.ts';
import { Snapshot } from './snapshot.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { type CatalogueSource, pointerOf } from './source.ts';
import type { Walkable } from './walkable.ts';

/** How a connection's list is read: into a snapshot, which the cell of the list then names. */
export function listWalk(
  source: CatalogueSource,
  cells: CellStore,
  snapshots: SnapshotStore,
): Walkable {
  const { connection, platform, policy, timeoutMs } = source;
  const name = listOf(connection);
  const keepMs = keepMsOf(policy);
  return {
    name,
    policy,
    timeoutMs,
    walk: async (signal) => {
      const snapshot = Snapshot.of(connection, platform, await source.list(signal));
      const [cell] = (await cells.read([name])).cells;
      const before = cell === undefined ? null : pointerOf(cell);
      const pointer = await snapshots.put(snapshot, keepMs, before?.snapshot ?? null);
      return {
        value: Buffer.from(JSON.stringify(pointer)),
        keepMs,
        // Not before it is sure that nothing names it any more.
        landed: async (isKept) => {
          const unused = isKept ? before?.snapshot : snapshot.id;
          if (unused !== undefined) await snapshots.supersede(connection, unused);
        },
      };
    },
  };
}
