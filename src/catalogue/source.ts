import { fromEpochMs } from '../domain/instant.ts';
import type { Process } from '../domain/process.ts';
import type { Source, SourceProblem, SourceStatus } from '../domain/source.ts';
import type { Cell } from './cell.ts';
import { defaultDemand, type FreshnessPolicy, judge } from './freshness.ts';
import type { SnapshotItem } from './snapshot.ts';
import type { SnapshotPointer } from './snapshot-store.ts';

/** A connection whose processes can be listed. */
export interface CatalogueSource {
  readonly connection: string;
  readonly platform: string;
  readonly policy: FreshnessPolicy;
  /** For one walk over the whole list, in ms. */
  readonly timeoutMs: number;
  /** The whole list; null, if `mayStay`, where it is what the last call gave. */
  readonly list: (signal: AbortSignal, mayStay: boolean) => Promise<readonly SnapshotItem[] | null>;
}

/** Why the upstream was asked before the answer (RFC 9211 §2.2), and what it brought is shown. */
export type Fetched = 'uri-miss' | 'stale' | 'request';

/** What is shown because the upstream could not be asked, or did not answer in time: what was kept, or the list's entry. */
export type StandIn = 'stale-if-error' | 'list-entry';

/** How the upstream took part in an answer; null when it had not to be asked. */
export type Forwarded = Fetched | StandIn | null;

/** Whether an answer shows something that only stands in. */
export function isStandIn(forwarded: Forwarded): forwarded is StandIn {
  return forwarded === 'stale-if-error' || forwarded === 'list-entry';
}

/** The same of an answer that is made of several: what stands in is told before what was fetched. */
export function together(parts: readonly Forwarded[]): Forwarded {
  return parts.find(isStandIn) ?? parts.find((each) => each !== null) ?? null;
}

/** What one source brings to one answer. */
export interface ResolvedSource {
  readonly source: CatalogueSource;
  readonly status: SourceStatus;
  readonly pointer: SnapshotPointer | null;
  /** When its walk began, in ms since 1970. */
  readonly asOf: number | null;
  readonly problem: SourceProblem | null;
  /** After how many ms asking again may bring more than the problem; null where it may at once, or never. */
  readonly retryAfterMs: number | null;
  readonly forwarded: Forwarded;
}

/** A process as the kept list has it. */
export interface ListedProcess {
  readonly process: Process;
  /** In ms since 1970. */
  readonly asOf: number;
  /** Whether it is young enough to stand in while the upstream fails. */
  readonly standsIn: boolean;
}

/** A source that shows what its cell holds. */
export function showing(
  source: CatalogueSource,
  status: 'fresh' | 'stale',
  cell: Cell,
  forwarded: Forwarded,
): ResolvedSource {
  return {
    source,
    status,
    pointer: pointerOf(cell),
    asOf: cell.asOf,
    problem: problemOf(cell),
    retryAfterMs: null,
    forwarded,
  };
}

/** A source that shows nothing. */
export function without(
  source: CatalogueSource,
  status: 'warming' | 'failed' | 'skipped',
  problem: SourceProblem | null,
  forwarded: Forwarded,
): ResolvedSource {
  return { source, status, pointer: null, asOf: null, problem, retryAfterMs: null, forwarded };
}

/** What a source with a value is for everybody, whatever a call demands: fresh within its ttl, unless a walk has failed since. */
export function statusOf(
  { policy }: CatalogueSource,
  cell: Cell,
  now: number,
): Extract<SourceStatus, 'fresh' | 'stale'> {
  const isYoung = judge(cell, now, policy, defaultDemand) === 'fresh';
  return isYoung && cell.failure === null ? 'fresh' : 'stale';
}

/** The snapshot that a list's cell names. */
export function pointerOf(cell: Cell): SnapshotPointer | null {
  return cell.value === null ? null : (JSON.parse(cell.value.toString()) as SnapshotPointer);
}

/** Why the last walk brought nothing. */
export function problemOf({ failure }: Cell): SourceProblem | null {
  return failure === null ? null : { code: failure.code, detail: failure.detail };
}

/** What a source looks like in an answer. */
export function describeSource(resolved: ResolvedSource, count: number | null): Source {
  const { source, status, asOf, problem } = resolved;
  return {
    connection: source.connection,
    platform: source.platform,
    status,
    count,
    asOf: asOf === null ? null : fromEpochMs(asOf),
    problem,
  };
}
