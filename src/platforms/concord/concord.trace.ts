import { fromEpochMs } from '../../domain/instant.ts';
import type { StartReceipt } from '../../domain/run.ts';
import type { Reconciliation, SentWindow } from '../../domain/write.ts';
import type { UpstreamQuery } from '../../upstream/upstream-call.ts';
import { unlessUnknown } from './concord.client.ts';
import type { FlowPlace } from './concord.key.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { isNobodysChild, isOwnRun, markKey, markOf } from './concord.run-mapper.ts';
import { runPages } from './concord.run-pages.ts';
import type { RunWire } from './concord.wire.ts';

/** The clock of the server may be wrong by so much; what would lie further off would be taken for absent. */
const clockSkewMs = 3_600_000;

/**
 * A run is in the server's database before its start is answered; but what has arrived whole is worked on though nobody
 * waits for the answer any more, and how long that takes nobody says. In ms.
 */
export const showsWithinMs = 10_000;

/** A start that is looked for. */
export interface Sought {
  /** Null: it belongs to none, and the server does not look for marks outside of projects. */
  readonly project: Pick<FlowPlace, 'organization' | 'project'> | null;
  readonly mark: string;
}

/**
 * What the server shows of a start: the mark stands in `meta` from the first moment on. A fork takes the mark of its
 * original along, so the one counts that nobody else has started; alone it proves that there was one.
 */
export async function traceOf(
  client: ConcordRunClient,
  { project, mark }: Sought,
  sent: SentWindow,
  signal: AbortSignal,
): Promise<Reconciliation<StartReceipt>> {
  const query: UpstreamQuery = {
    afterCreatedAt: fromEpochMs(sent.from - clockSkewMs),
    ...(project === null
      ? {}
      : {
          orgName: project.organization,
          projectName: project.project,
          [`meta.${markKey}.eq`]: mark,
        }),
  };
  const found = await unlessUnknown(() => marked(client, query, mark, signal));
  if (found === null) return undecided('Its project is not there any more.', []);
  const [only, ...others] = found.filter(isNobodysChild);
  if (found.length === 0) return { state: 'absent' };
  if (only !== undefined && others.length === 0)
    return { state: 'applied', receipt: { nativeId: only.instanceId } };
  const why = only === undefined ? 'Only forks carry its mark.' : 'Several runs carry its mark.';
  return undecided(why, found);
}

async function marked(
  client: ConcordRunClient,
  query: UpstreamQuery,
  mark: string,
  signal: AbortSignal,
): Promise<RunWire[]> {
  const found = new Map<string, RunWire>();
  for await (const page of runPages(client, query, signal))
    for (const run of page)
      if (isOwnRun(run) && markOf(run) === mark) found.set(run.instanceId, run);
  return [...found.values()];
}

function undecided(why: string, runs: readonly RunWire[]): Reconciliation<StartReceipt> {
  return { state: 'undecided', why, candidates: runs.map(({ instanceId }) => instanceId) };
}
