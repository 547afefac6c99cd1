import { isRetryable } from '../domain/errors.ts';
import type { Forwarded } from '../catalogue/source.ts';
import type { Source, SourceProblem, SourceStatus } from '../domain/source.ts';
import type { Version } from '../domain/version.ts';

/** How the versions of one process of a page were read. */
export interface VersionsRead {
  readonly connection: string;
  /** Null where they were not, or there are none any more. */
  readonly versions: readonly Version[] | null;
  readonly status: SourceStatus;
  /** In ms since 1970; null where nothing was read. */
  readonly asOf: number | null;
  readonly freshUntil: number | null;
  readonly problem: SourceProblem | null;
  /** After how many ms asking again may bring more than the problem; null where it may at once, or never. */
  readonly retryAfterMs: number | null;
  readonly forwarded: Forwarded;
}

/** From what is worst. */
const worstFirst: readonly SourceStatus[] = ['failed', 'warming', 'skipped', 'stale', 'fresh'];

/** A source that is no better than the versions of its processes are: a list that lacks some must not look whole. */
export function withVersions(source: Source, all: readonly VersionsRead[]): Source {
  const own = all.filter(({ connection }) => connection === source.connection);
  const status = worstFirst.find((each) => own.some((read) => read.status === each));
  if (status === undefined || rank(status) >= rank(source.status)) return source;
  const worst = own.filter((read) => read.status === status);
  const late: SourceProblem = {
    code: 'upstream_timeout',
    detail: `The versions of ${worst.length} of its processes were not there in time.`,
  };
  const problem = status === 'warming' ? late : (worst[0]?.problem ?? null);
  return { ...source, status, problem };
}

/** After how many ms the first of those that failed may be there again; null where one may at once. */
export function leastWaitMs(all: readonly VersionsRead[]): number | null {
  const waits = all
    .filter(
      ({ status, problem }) => status === 'failed' && isRetryable(problem?.code ?? 'internal'),
    )
    .map(({ retryAfterMs }) => retryAfterMs ?? 0);
  const least = Math.min(...waits);
  return least > 0 && Number.isFinite(least) ? least : null;
}

function rank(status: SourceStatus): number {
  return worstFirst.indexOf(status);
}
