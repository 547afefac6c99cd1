import { z } from 'zod';
import { connectionFields } from '../../src/config/connection.config.ts';
import { Connection } from '../../src/connections/connection.ts';
import type { AdapterParts } from '../../src/domain/adapter.ts';
import type { RunRecord, Sightings } from '../../src/domain/run.ts';
import { platforms } from '../../src/platforms/all.ts';

/** A connection called `erp` where nothing else is said, of some platform, that can do what its test gives it. */
export function erpWith(parts: Partial<AdapterParts>, id = 'erp'): Connection {
  const [platform] = platforms;
  if (platform === undefined) throw new Error('there is no platform');
  const fields = z.object(connectionFields).parse({ baseUrl: 'https://example.com' });
  return new Connection(
    platform,
    { ...fields, id, platform: platform.name },
    { ping: () => Promise.resolve({ version: null, build: null, missing: [] }), parts },
    { ttl: 1_000, staleWhileRevalidate: 1_000, staleIfError: 1_000 },
  );
}

/** What a look at runs brings that shows these, and says of others that they are not there. */
export async function* shows(
  runs: readonly RunRecord[],
  missing: readonly string[] = [],
): AsyncGenerator<Sightings> {
  await Promise.resolve();
  yield new Map([
    ...runs.map((run) => [run.nativeId, run] as const),
    ...missing.map((nativeId) => [nativeId, null] as const),
  ]);
}
