import type { UpstreamQuery } from '../../upstream/upstream-call.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import type { RunWire } from './concord.wire.ts';

/** What lists runs. */
export type RunLists = Pick<ConcordRunClient, 'listRuns'>;

/** The server has no limit of its own; an entry is about a kilobyte. */
const pageSize = 200;

/**
 * The pages of a list of runs, the newest first. The server tells neither how many there are nor whether more follow, so
 * each page is asked for with one run more than it has. A run may come twice when others begin meanwhile.
 */
export async function* runPages(
  client: RunLists,
  query: UpstreamQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly RunWire[]> {
  const seen = new Set<string>();
  for (let offset = 0; ; offset += pageSize) {
    const page = { ...query, limit: pageSize + 1, offset };
    const runs = await client.listRuns(page, signal);
    const before = seen.size;
    for (const { instanceId } of runs) seen.add(instanceId);
    yield runs;
    // A server that ignores the offset would give the same page for ever.
    if (runs.length <= pageSize || seen.size === before) return;
  }
}
