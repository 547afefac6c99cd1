import { Readable } from 'node:stream';
import pMap from 'p-map';
import { readExport } from './export-reading.ts';
import type { FrendsClient } from './frends.client.ts';
import { isLive } from './frends.lineage.ts';
import type { ProcessListItemWire } from './frends.wire.ts';

/** Versions are exported so many at once: each may be megabytes. */
const batchSize = 20;

/** Prints of versions by their ids; those that have none, or cannot be exported, are left out. */
export type Prints = ReadonlyMap<number, string>;

/** Reads what versions do from their exports, which are not kept, as they hold secrets. */
export async function printsOf(
  client: FrendsClient,
  wires: readonly ProcessListItemWire[],
  signal: AbortSignal,
): Promise<Prints> {
  const print = async (
    batch: readonly ProcessListItemWire[],
  ): Promise<(readonly [number, string])[]> => {
    const ids = new Map(batch.map(({ uniqueIdentifier, id }) => [uniqueIdentifier, id]));
    const open = async (): Promise<Readable> =>
      (await client.exportProcesses([...ids.values()], signal))?.body ?? Readable.from([]);
    const { processes } = await readExport(open, signal);
    return processes.flatMap(({ guid, print: own }) => {
      const id = ids.get(guid);
      return id === undefined || own === null ? [] : [[id, own] as const];
    });
  };
  const found = await pMap(batchesOf(wires.filter(isLive)), print, { concurrency: 1 });
  return new Map(found.flat());
}

/** No file holds a process twice. */
function batchesOf(wires: readonly ProcessListItemWire[]): ProcessListItemWire[][] {
  const batches: ProcessListItemWire[][] = [];
  for (const wire of wires) {
    const fits = (batch: readonly ProcessListItemWire[]): boolean =>
      batch.length < batchSize &&
      batch.every(({ uniqueIdentifier }) => uniqueIdentifier !== wire.uniqueIdentifier);
    const batch = batches.find(fits);
    if (batch === undefined) batches.push([wire]);
    else batch.push(wire);
  }
  return batches;
}
