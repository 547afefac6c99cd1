import { type CellStore, listOf } from './cell.ts';
import { keepMsOf } from './freshness.ts';
import { Snapshot } from './snapshot.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { type CatalogueSource, pointerOf } from './source.ts';
import type { Walkable } from './walkable.ts';

/** What walks of lists need. */
export interface ListWalkTools {
  readonly cells: CellStore;
  readonly snapshots: SnapshotStore;
  /** Per connection: the snapshot that the last list of this process was made into. */
  readonly made: Map<string, string>;
}

/** How a connection's list is read: into a snapshot, which the cell of the list then names. */
export function listWalk(
  source: CatalogueSource,
  { cells, snapshots, made }: ListWalkTools,
): Walkable {
  const { connection, platform, policy, timeoutMs } = source;
  const name = listOf(connection);
  const keepMs = keepMsOf(policy);
  return {
    name,
    policy,
    timeoutMs,
    walk: async (signal) => {
      const [cell] = (await cells.read([name])).cells;
      const before = cell === undefined ? null : pointerOf(cell);
      const id = before?.snapshot ?? '';
      const held = made.get(connection) === id ? snapshots.held(connection, id) : null;
      const items = await source.list(signal, held !== null);
      const snapshot = items === null ? held : Snapshot.of(connection, platform, items);
      if (snapshot === null) throw new Error('a list that may not stay is given whole');
      made.set(connection, snapshot.id);
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
