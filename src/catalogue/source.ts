import { fromEpochMs } from '../domain/instant.ts';
import type { Process } from '../domain/process.ts';
import type { Source, SourceProblem, SourceStatus } from '../domain/source.ts';
import type { Cell } from './cell.ts';
import type { FreshnessPolicy } from './freshness.ts';
import type { SnapshotItem } from './snapshot.ts';
import type { SnapshotPointer } from './snapshot-store.ts';

/** A connection whose processes can be listed. */
export interface CatalogueSource {
  readonly connection: string;
  readonly platform: string;
  readonly policy: FreshnessPolicy;
  /** For one walk over the whole list, in ms. */
  readonly timeoutMs: number;
  readonly list: (signal: AbortSignal) => Promise<readonly SnapshotItem[]>;
}

/** Why the upstream had to be asked before the answer (RFC 9211 §2.2); null when it had not. */
export type Forwarded = 'uri-miss' | 'stale' | 'request' | null;

/** What one source brings to one answer. */
export interface ResolvedSource {
  readonly source: CatalogueSource;
  readonly status: SourceStatus;
  readonly pointer: SnapshotPointer | null;
  /** When its walk began, in ms since 1970. */
  readonly asOf: number | null;
  readonly problem: SourceProblem | null;
  readonly forwarded: Forwarded;
}

/** A process as the kept list has it. */
export interface ListedProcess {
  readonly process: Process;
  /** In ms since 1970. */
  readonly asOf: number;
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
    problem: status === 'stale' ? problemOf(cell) : null,
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
  return { source, status, pointer: null, asOf: null, problem, forwarded };
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
