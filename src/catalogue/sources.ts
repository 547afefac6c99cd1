import type { Process } from '../domain/process.ts';
import type { SourceProblem } from '../domain/source.ts';
import { type Cell, type CellStore, emptyCell, listOf } from './cell.ts';
import type { CursorSource } from './cursor.ts';
import {
  answersAlone,
  defaultDemand,
  type Demand,
  judge,
  standsIn,
  whyForwarded,
} from './freshness.ts';
import { listWalk, type ListWalkTools } from './list-walk.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import {
  type CatalogueSource,
  type Forwarded,
  type ListedProcess,
  pointerOf,
  problemOf,
  type ResolvedSource,
  showing,
  statusOf,
  without,
} from './source.ts';
import type { Reading, Settled } from './walkable.ts';
import type { Walks } from './walks.ts';

/** What a call wants of its sources. */
export interface Wish {
  readonly demand: Demand;
  /** Of Date.now, in ms: after that each is taken as good as it is. */
  readonly untilMs: number;
  /** Connections whose snapshot is gone, whatever their cell says: they have to be read again. */
  readonly gone: ReadonlySet<string>;
}

/** Brings the lists of connections up to what a call demands. */
export class Sources {
  readonly #cells: CellStore;
  readonly #walks: Walks;
  readonly #snapshots: SnapshotStore;
  readonly #listing: ListWalkTools;

  constructor(cells: CellStore, walks: Walks, snapshots: SnapshotStore) {
    this.#cells = cells;
    this.#walks = walks;
    this.#snapshots = snapshots;
    this.#listing = { cells, snapshots, made: new Map() };
  }

  /** All of them at once, each as good as it can be. */
  async resolve(sources: readonly CatalogueSource[], wish: Wish): Promise<ResolvedSource[]> {
    if (sources.length === 0) return [];
    const { cells, now } = await this.#cells.read(
      sources.map(({ connection }) => listOf(connection)),
    );
    return Promise.all(
      sources.map((source, index) => {
        const cell = cells[index];
        if (cell === undefined)
          throw new Error('a store answers with as many cells as it was asked for');
        return wish.gone.has(source.connection)
          ? this.#reread(source, { cell, now }, wish)
          : this.#resolve(source, { cell, now }, wish);
      }),
    );
  }

  /** The snapshots that a cursor walks; null when one of its connections is not configured any more. */
  async pinned(
    all: readonly CatalogueSource[],
    walked: readonly CursorSource[],
  ): Promise<ResolvedSource[] | null> {
    const { cells, now } = await this.#cells.read(
      walked.map(({ connection }) => listOf(connection)),
    );
    const resolved: ResolvedSource[] = [];
    for (const [index, { connection, snapshot, asOf }] of walked.entries()) {
      const [source, cell] = [all.find((each) => each.connection === connection), cells[index]];
      if (source === undefined || cell === undefined) return null;
      if (snapshot === null) {
        resolved.push(without(source, 'skipped', null, null));
      } else if (pointerOf(cell)?.snapshot === snapshot) {
        resolved.push(showing(source, statusOf(source, cell, now), cell, null));
      } else {
        const pointer = { snapshot, count: 0, bytes: 0 };
        resolved.push({
          ...without(source, 'skipped', null, null),
          status: 'stale',
          pointer,
          asOf,
        });
      }
    }
    return resolved;
  }

  /** How a connection's list stands now; no upstream is asked. */
  async peek(source: CatalogueSource): Promise<ResolvedSource> {
    const { cells, now } = await this.#cells.read([listOf(source.connection)]);
    const [cell = emptyCell] = cells;
    const status = statusOf(source, cell, now);
    if (status === 'fresh' || standsIn(cell, now, source.policy))
      return showing(source, status, cell, null);
    const hasFailed = cell.failure?.seq === cell.begun;
    return without(source, hasFailed ? 'failed' : 'warming', problemOf(cell), null);
  }

  /** What the kept list has under a key; no upstream is asked. */
  async entry(
    { connection, platform, policy }: CatalogueSource,
    key: string,
  ): Promise<ListedProcess | null> {
    const { cells, now } = await this.#cells.read([listOf(connection)]);
    const [cell = emptyCell] = cells;
    const pointer = pointerOf(cell);
    const snapshot =
      pointer === null ? null : await this.#snapshots.get(connection, platform, pointer.snapshot);
    const index = snapshot?.indexOf(key) ?? -1;
    if (snapshot === null || index < 0) return null;
    const process = JSON.parse(snapshot.item(index).toString('utf8')) as Process;
    return { process, asOf: cell.asOf, standsIn: standsIn(cell, now, policy) };
  }

  async #resolve(
    source: CatalogueSource,
    { cell, now }: Reading,
    { demand, untilMs }: Wish,
  ): Promise<ResolvedSource> {
    const { policy } = source;
    const freshness = judge(cell, now, policy, demand);
    const status = statusOf(source, cell, now);
    if (freshness === 'fresh') return showing(source, status, cell, null);
    if (demand.onlyIfCached) {
      return answersAlone(cell, now, policy, demand)
        ? showing(source, status, cell, null)
        : without(source, 'skipped', notKept(source, cell), null);
    }
    const target = listWalk(source, this.#listing);
    if (freshness === 'stale') {
      this.#walks.behind(target, { cell, now });
      return showing(source, status, cell, null);
    }
    const forwarded = whyForwarded(cell, now, policy, demand);
    const settled = await this.#walks.settle(target, demand, { cell, now }, untilMs);
    const { outcome } = settled;
    if (outcome === 'fresh' || outcome === 'stale')
      return showing(source, outcome, settled.cell, forwarded);
    if (standsIn(settled.cell, settled.now, policy)) return standingIn(source, settled);
    return this.#missing(source, settled, forwarded);
  }

  /** What its cell names cannot stand in for anything: there is a new walk, or nothing. */
  async #reread(
    source: CatalogueSource,
    reading: Reading,
    { demand, untilMs }: Wish,
  ): Promise<ResolvedSource> {
    if (demand.onlyIfCached) return without(source, 'skipped', notKept(source, emptyCell), null);
    const target = listWalk(source, this.#listing);
    const forced = { ...defaultDemand, forced: true };
    const settled = await this.#walks.settle(target, forced, reading, untilMs);
    if (settled.outcome === 'fresh') return showing(source, 'fresh', settled.cell, 'uri-miss');
    return this.#missing(source, settled, 'uri-miss');
  }

  #missing(source: CatalogueSource, settled: Settled, forwarded: Forwarded): ResolvedSource {
    const status = settled.outcome === 'failed' ? 'failed' : 'warming';
    const shown = without(source, status, problemOf(settled.cell), forwarded);
    return { ...shown, retryAfterMs: this.#walks.againAfterMs(settled) };
  }
}

/** What is kept, where the platform has failed or has not answered yet. */
function standingIn(source: CatalogueSource, { cell, outcome }: Settled): ResolvedSource {
  const shown = showing(source, 'stale', cell, 'stale-if-error');
  if (outcome !== 'late' || shown.problem !== null) return shown;
  const detail = `${source.connection} has not answered in time; it goes on being read.`;
  return { ...shown, problem: { code: 'upstream_timeout', detail } };
}

/** Why a call that lets nobody ask the upstream gets nothing of a source. */
function notKept({ connection }: CatalogueSource, { value }: Cell): SourceProblem {
  const detail =
    value === null
      ? `Nothing is kept of ${connection}.`
      : `What is kept of ${connection} is older than was asked for.`;
  return { code: 'not_cached', detail };
}
