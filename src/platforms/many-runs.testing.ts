import { GatewayError } from '../domain/errors.ts';
import type { RunRecord, Sighting, Sightings } from '../domain/run.ts';

/** All runs that are there. @throws what the first one failed with that could not be read */
export async function shownBy(looks: AsyncIterable<Sightings>): Promise<RunRecord[]> {
  const runs: RunRecord[] = [];
  for await (const sightings of looks) {
    for (const sighting of sightings.values()) {
      if (sighting instanceof GatewayError) throw sighting;
      if (sighting !== null) runs.push(sighting);
    }
  }
  return runs;
}

/** What has become of each, by native id. */
export async function sightingsIn(
  looks: AsyncIterable<Sightings>,
): Promise<ReadonlyMap<string, Sighting>> {
  const all = new Map<string, Sighting>();
  for await (const sightings of looks)
    for (const [id, sighting] of sightings) all.set(id, sighting);
  return all;
}
