import { fromEpochMs } from '../domain/instant.ts';
import type { Process } from '../domain/process.ts';
import type { Source, SourceProblem, SourceStatus } from '../domain/source.ts';
import { type Cell, type CellStore, emptyCell } from './cell.ts';
import type { CursorSource } from './cursor.ts';
import { defaultDemand, type Demand, type FreshnessPolicy, judge, standsIn } from './freshness.ts';
import { Snapshot, type SnapshotItem } from './snapshot.ts';
import type { SnapshotPointer, SnapshotStore } from './snapshot-store.ts';
import type { Reading, Walkable, Walks } from './walks.ts';

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

/** Brings the lists of connections up to what a call demands. */
export class Sources {
  readonly #cells: CellStore;
  readonly #walks: Walks;
  readonly #snapshots: SnapshotStore;

  constructor(cells: CellStore, walks: Walks, snapshots: SnapshotStore) {
    this.#cells = cells;
    this.#walks = walks;
    this.#snapshots = snapshots;
  }

  /** All of them at once, each as good as it can be until `untilMs` (of Date.now). */
  async resolve(
    sources: readonly CatalogueSource[],
    demand: Demand,
    untilMs: number,
  ): Promise<ResolvedSource[]> {
    if (sources.length === 0) return [];
    const names = sources.map(({ connection }) => ({ connection, what: 'list' }));
    const { cells, now } = await this.#cells.read(names);
    return Promise.all(
      sources.map((source, index) => {
        const cell = cells[index];
        if (cell === undefined)
          throw new Error('a store answers with as many cells as it was asked for');
        return this.#resolveOne(source, { cell, now }, demand, untilMs);
      }),
    );
  }

  /** The snapshots that a cursor walks; null when one of its connections is not configured any more. */
  async pinned(
    all: readonly CatalogueSource[],
    walked: readonly CursorSource[],
  ): Promise<ResolvedSource[] | null> {
    const sources = walked.map(({ connection }) =>
      all.find((each) => each.connection === connection),
    );
    const { cells, now } = await this.#cells.read(
      walked.map(({ connection }) => ({ connection, what: 'list' })),
    );
    const resolvedSources: ResolvedSource[] = [];
    for (const [index, { snapshot, asOf }] of walked.entries()) {
      const [source, cell] = [sources[index], cells[index]];
      if (source === undefined || cell === undefined) return null;
      if (snapshot === null) {
        resolvedSources.push(resolved(source, 'skipped', null, null));
        continue;
      }
      const isCurrent = pointerOf(cell)?.snapshot === snapshot;
      const isFresh = isCurrent && judge(cell, now, source.policy, defaultDemand) === 'fresh';
      resolvedSources.push({
        source,
        status: isFresh ? 'fresh' : 'stale',
        pointer: { snapshot, count: 0, bytes: 0 },
        asOf: isCurrent ? cell.asOf : asOf,
        problem: null,
        forwarded: null,
      });
    }
    return resolvedSources;
  }

  /** How a connection's list stands now; no upstream is asked. */
  async peek(source: CatalogueSource): Promise<ResolvedSource> {
    const { cells, now } = await this.#cells.read([
      { connection: source.connection, what: 'list' },
    ]);
    const [cell = emptyCell] = cells;
    if (judge(cell, now, source.policy, defaultDemand) === 'fresh')
      return resolved(source, 'fresh', cell, null);
    if (standsIn(cell, now, source.policy)) return resolved(source, 'stale', cell, null);
    return {
      ...resolved(source, cell.failure === null ? 'warming' : 'failed', null, null),
      problem: problemOf(cell),
    };
  }

  /** What the kept list has under a key; no upstream is asked. */
  async entry(
    { connection, platform }: CatalogueSource,
    key: string,
  ): Promise<ListedProcess | null> {
    const { cells } = await this.#cells.read([{ connection, what: 'list' }]);
    const pointer = pointerOf(cells[0]);
    const snapshot =
      pointer === null ? null : await this.#snapshots.get(connection, platform, pointer.snapshot);
    const index = snapshot?.indexOf(key) ?? -1;
    if (snapshot === null || index < 0) return null;
    const process = JSON.parse(snapshot.item(index).toString('utf8')) as Process;
    return { process, asOf: cells[0]?.asOf ?? 0 };
  }

  async #resolveOne(
    source: CatalogueSource,
    first: Reading,
    demand: Demand,
    untilMs: number,
  ): Promise<ResolvedSource> {
    const target = this.#target(source);
    const freshness = judge(first.cell, first.now, source.policy, demand);
    if (freshness === 'fresh') return resolved(source, 'fresh', first.cell, null);
    if (demand.onlyIfCached) {
      const usable = standsIn(first.cell, first.now, source.policy) && !demand.forced;
      return usable
        ? resolved(source, 'stale', first.cell, null)
        : resolved(source, 'skipped', null, null);
    }
    if (freshness === 'stale') {
      this.#walks.behind(target, first);
      return resolved(source, 'stale', first.cell, null);
    }
    const forwarded = demand.forced ? 'request' : freshness === 'missing' ? 'uri-miss' : 'stale';
    const { cell, now } = await this.#walks.settle(target, demand, first, untilMs);
    const walked =
      cell.seq > first.cell.begun || judge(cell, now, source.policy, demand) === 'fresh';
    if (walked) return resolved(source, 'fresh', cell, forwarded);
    if (standsIn(cell, now, source.policy)) return resolved(source, 'stale', cell, forwarded);
    return {
      ...resolved(source, cell.failure === null ? 'warming' : 'failed', null, forwarded),
      problem: problemOf(cell),
    };
  }

  #target(source: CatalogueSource): Walkable {
    const { connection, platform, policy, timeoutMs } = source;
    const keepMs = policy.ttl + Math.max(policy.staleIfError, policy.staleWhileRevalidate);
    const name = { connection, what: 'list' };
    return {
      name,
      policy,
      timeoutMs,
      walk: async (signal) => {
        const snapshot = Snapshot.of(connection, platform, await source.list(signal));
        const before = pointerOf((await this.#cells.read([name])).cells[0]);
        const pointer = await this.#snapshots.put(snapshot, keepMs);
        if (before !== null && before.snapshot !== snapshot.id) {
          await this.#snapshots.supersede(connection, before.snapshot);
        }
        return Buffer.from(JSON.stringify(pointer));
      },
    };
  }
}

function pointerOf(cell: Cell | undefined): SnapshotPointer | null {
  return cell === undefined || cell.value === null
    ? null
    : (JSON.parse(cell.value.toString()) as SnapshotPointer);
}

function problemOf(cell: Cell | null): SourceProblem | null {
  const failure = cell?.failure ?? null;
  return failure === null ? null : { code: failure.code, detail: failure.detail };
}

function resolved(
  source: CatalogueSource,
  status: SourceStatus,
  cell: Cell | null,
  forwarded: Forwarded,
): ResolvedSource {
  return {
    source,
    status,
    pointer: pointerOf(cell ?? undefined),
    asOf: cell === null ? null : cell.asOf,
    problem: status === 'stale' ? problemOf(cell) : null,
    forwarded,
  };
}
