import { Inject, Injectable } from '@nestjs/common';
import { CursorSeal } from '../../catalogue/cursor.ts';
import type { Demand } from '../../catalogue/freshness.ts';
import { digest } from '../../catalogue/views.ts';
import { within } from '../../timing/within.ts';
import { GATEWAY_CONFIG } from '../../config/config.module.ts';
import type { GatewayConfig } from '../../config/gateway.config.ts';
import { StoreUnavailableError } from '../../domain/errors.ts';
import type { Run } from '../../domain/run.ts';
import type { Source } from '../../domain/source.ts';
import { stored } from '../../ledger/stored.ts';
import type { ListRunsQuery } from '../run.query.ts';
import { toRun } from '../run.presenter.ts';
import type { RunPlace } from '../run-index.ts';
import { type FilteredProcess, filterOf, RunFilters } from './run-filters.ts';
import { listRuns, type RunFilter } from './run-list.ts';
import { PATIENT_RUN_STORE, type RunStore } from '../run-store.ts';
import { RunWindow } from './run-window.ts';

/** A page of runs, as callers get it. */
export interface RunsBody {
  readonly data: readonly Run[];
  readonly page: { readonly nextCursor: string | null; readonly total: null };
  readonly sources: readonly Source[];
}

/** Where a walk by cursor has come to. */
interface Walk {
  readonly place: RunPlace;
  /** The process that it is about, once that is settled: it is not looked up again. */
  readonly settled: RunFilter['process'];
}

/** Which process a page is about, and the place behind which it begins. */
interface Begun extends FilteredProcess {
  readonly from: RunPlace | null;
}

const defaultLimit = 50;
const cursorLivesMs = 24 * 3_600_000;

/** Lists the runs of all connections, newest first. */
@Injectable()
export class RunListService {
  readonly #filters: RunFilters;
  readonly #store: RunStore;
  readonly #window: RunWindow;
  readonly #seal: CursorSeal;
  readonly #deadlineMs: number;

  constructor(
    @Inject(RunFilters) filters: RunFilters,
    @Inject(PATIENT_RUN_STORE) store: RunStore,
    @Inject(RunWindow) window: RunWindow,
    @Inject(CursorSeal) seal: CursorSeal,
    @Inject(GATEWAY_CONFIG) { catalogue }: GatewayConfig,
  ) {
    this.#filters = filters;
    this.#store = store;
    this.#window = window;
    this.#seal = seal;
    this.#deadlineMs = catalogue.deadline;
  }

  async list(query: ListRunsQuery, demand: Demand): Promise<RunsBody> {
    const selected = this.#filters.select(query);
    const { limit = defaultLimit, cursor, ...fixed } = query;
    const bound = digest(JSON.stringify(Object.entries(fixed).sort()));
    const walk = cursor === undefined ? null : await this.#walkOf(cursor, bound);
    const untilMs = Date.now() + this.#deadlineMs;
    const [{ process, doubt, from }, ...sources] = await Promise.all([
      this.#begin(walk, query, demand, untilMs),
      // Who walks on wants what stood when the walk began: nothing has to be read for it.
      ...selected.map((each) => this.#window.refresh(each, demand, untilMs)),
    ]);
    const filter = filterOf(query, process);
    // Many may list at once, each of them hundreds of records: Redis has as long as a list may take.
    const page = await stored(() =>
      within(listRuns(this.#store, selected, filter, { from, limit }), this.#deadlineMs),
    );
    if (page === null)
      throw new StoreUnavailableError('Redis was too slow to list runs.', { retryAfterMs: 1_000 });
    const { runs, next } = page;
    // An empty list would say that there is such a process, and that nobody has run it.
    if (doubt !== null && runs.length === 0 && next === null) throw doubt;
    // What has runs is what the walk is about, whatever else may be in doubt.
    const settled = doubt === null || runs.length > 0 ? process : null;
    const nextCursor = next === null ? null : await this.#cursorTo(next, settled, bound);
    const byId = new Map(selected.map((each) => [each.id, each]));
    return {
      data: runs.map((run) =>
        toRun(byId.get(run.doc.connection) ?? null, run, query.include === 'native'),
      ),
      page: { nextCursor, total: null },
      sources,
    };
  }

  /** What no page so far could name is looked up again; they were all empty, so the walk begins anew once it is named. */
  async #begin(
    walk: Walk | null,
    query: ListRunsQuery,
    demand: Demand,
    untilMs: number,
  ): Promise<Begun> {
    const from = walk?.place ?? null;
    const settled = walk?.settled ?? null;
    if (settled !== null) return { process: settled, doubt: null, from };
    const about = await this.#filters.process(query, demand, untilMs);
    const isNamedNow = about.process !== null && about.doubt === null;
    return { ...about, from: isNamedNow ? null : from };
  }

  async #walkOf(cursor: string, bound: string): Promise<Walk> {
    const { offset, sources } = await this.#seal.open(cursor, bound, Date.now());
    const [last, about] = sources;
    return {
      place: { createdAt: offset, id: last?.snapshot ?? '' },
      settled:
        about === undefined ? null : { connection: about.connection, key: about.snapshot ?? '' },
    };
  }

  async #cursorTo(
    { createdAt, id }: RunPlace,
    settled: RunFilter['process'],
    bound: string,
  ): Promise<string> {
    const about =
      settled === null
        ? []
        : [{ connection: settled.connection, snapshot: settled.key, asOf: null }];
    return this.#seal.seal({
      query: bound,
      offset: createdAt,
      sources: [{ connection: '', snapshot: id, asOf: null }, ...about],
      expiresAt: Date.now() + cursorLivesMs,
    });
  }
}
