import { LRUCache } from 'lru-cache';
import { CursorExpiredError, NotFoundError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import type { CellStore } from './cell.ts';
import { Coalesced } from './coalesced.ts';
import type { CursorSeal } from './cursor.ts';
import { defaultDemand, type Demand } from './freshness.ts';
import { refusalOf } from './incomplete.ts';
import { type Pages, type Portion, SnapshotGoneError } from './pages.ts';
import type { FacetField, ProcessQuery } from './process-query.ts';
import type { ReadyAnswer } from './ready-answers.ts';
import {
  type CatalogueSource,
  describeSource,
  type Forwarded,
  type ListedProcess,
  type ResolvedSource,
  type Sources,
} from './sources.ts';
import { canonical, digest } from './views.ts';

/** A call for a list. */
export interface ListCall {
  /** Equal for calls that get equal answers: the route and the query string as it was sent. */
  readonly text: string;
  readonly query: ProcessQuery;
  readonly show:
    | { readonly kind: 'items'; readonly limit: number; readonly cursor: string | null }
    | { readonly kind: 'facets'; readonly field: FacetField };
  readonly demand: Demand;
}

/** An answer to it. */
export interface ListAnswer extends ReadyAnswer {
  readonly forwarded: Forwarded;
}

/** What the catalogue works with. */
export interface CatalogueParts {
  readonly cells: CellStore;
  readonly sources: Sources;
  readonly pages: Pages;
  readonly seal: CursorSeal;
  /** After which a list answers with what it has, in ms. */
  readonly deadlineMs: number;
  /** For answers that are kept by the text of their call. */
  readonly memoryBytes: number;
}

interface HotAnswer {
  readonly revision: string;
  readonly validUntil: number;
  readonly answer: ListAnswer;
}

/** A list that misses a source, or shows a stale one, is looked at again after so long, in ms. */
const recheckMs = 250;

/** Answers lists from snapshots: ready bytes first, then the matches of a known query, upstreams last. */
export class Catalogue {
  readonly #parts: CatalogueParts;
  readonly #all: readonly CatalogueSource[];
  readonly #revision: Coalesced<string>;
  readonly #hot: LRUCache<string, HotAnswer>;

  constructor(all: readonly CatalogueSource[], parts: CatalogueParts) {
    this.#all = all;
    this.#parts = parts;
    this.#revision = new Coalesced(() => parts.cells.revision());
    this.#hot = new LRUCache({
      maxSize: Math.max(parts.memoryBytes, 1),
      sizeCalculation: ({ answer }) => answer.body.length + 512,
    });
  }

  /** The answer to a call; what cannot be complete says so in its sources. */
  async list(call: ListCall): Promise<ListAnswer> {
    if (call.demand !== defaultDemand) return this.#answer(call);
    // What Redis says now, not what it said before this call: a write on another replica may have come between.
    const revision = await this.#revision.run();
    const hot = this.#hot.get(call.text);
    const { cells, pages } = this.#parts;
    if (hot?.revision === revision && cells.now() < hot.validUntil) return hot.answer;
    const answer = await this.#answer(call);
    const soon = cells.now() + recheckMs;
    const usableUntil = Math.max(answer.complete ? answer.freshUntil : 0, soon);
    this.#hot.set(call.text, {
      revision,
      validUntil: Math.min(usableUntil, pages.epochEndsAt),
      answer: { ...answer, forwarded: null },
    });
    return answer;
  }

  /** What the kept list of a connection has under a key, and how old that is; null when it has nothing. */
  async entry(connection: string, key: string): Promise<ListedProcess | null> {
    const source = this.#all.find((each) => each.connection === connection);
    return source === undefined ? null : this.#parts.sources.entry(source, key);
  }

  /** How the list of a connection stands now; no upstream is asked. */
  async source(connection: string): Promise<Source> {
    const source = this.#all.find((each) => each.connection === connection);
    if (source === undefined) throw new NotFoundError(`There is no connection "${connection}".`);
    const peeked = await this.#parts.sources.peek(source);
    return describeSource(peeked, peeked.pointer?.count ?? null);
  }

  /** Refreshes the list of a connection, and gives its source when that is done or `untilMs` (of Date.now) is over. */
  async refresh(connection: string, untilMs: number): Promise<Source> {
    const sources = this.#all.filter((each) => each.connection === connection);
    const [refreshed] = await this.#parts.sources.resolve(
      sources,
      { ...defaultDemand, forced: true },
      untilMs,
    );
    if (refreshed === undefined) throw new NotFoundError(`There is no connection "${connection}".`);
    return describeSource(refreshed, refreshed.pointer?.count ?? null);
  }

  async #answer({ query, show, demand }: ListCall): Promise<ListAnswer> {
    if (show.kind === 'items' && show.cursor !== null)
      return this.#continue(query, show.limit, show.cursor);
    const portion: Portion =
      show.kind === 'facets' ? show : { kind: 'items', limit: show.limit, offset: 0 };
    const resolved = await this.#resolve(query, demand);
    try {
      return await this.#show(query, portion, resolved);
    } catch (error) {
      if (!(error instanceof SnapshotGoneError)) throw error;
      // Redis has lost it before its time: what was forgotten is read again.
      return this.#show(query, portion, await this.#resolve(query, { ...demand, forced: true }));
    }
  }

  async #resolve(query: ProcessQuery, demand: Demand): Promise<ResolvedSource[]> {
    const untilMs = Date.now() + this.#parts.deadlineMs;
    const resolved = await this.#parts.sources.resolve(this.#selected(query), demand, untilMs);
    const refusal = refusalOf(resolved, query.requireAll, demand);
    if (refusal !== null) throw refusal;
    return resolved;
  }

  async #show(
    query: ProcessQuery,
    portion: Portion,
    resolved: readonly ResolvedSource[],
  ): Promise<ListAnswer> {
    const ready = await this.#parts.pages.make(query, portion, resolved);
    const asked = resolved.map(({ forwarded }) => forwarded).find((each) => each !== null) ?? null;
    return { ...ready, forwarded: asked };
  }

  /** The next page of a walk: of the snapshots that it began with, whatever has come since. */
  async #continue(query: ProcessQuery, limit: number, token: string): Promise<ListAnswer> {
    const cursor = await this.#parts.seal.open(token, digest(canonical(query)));
    const resolved = await this.#parts.sources.pinned(this.#all, cursor.sources);
    if (resolved === null) throw gone();
    try {
      return await this.#show(query, { kind: 'items', limit, offset: cursor.offset }, resolved);
    } catch (error) {
      throw error instanceof SnapshotGoneError ? gone() : error;
    }
  }

  /** The sources that a query is about, in the order of the configuration. */
  #selected({ connections, platforms }: ProcessQuery): CatalogueSource[] {
    return this.#all.filter(
      ({ connection, platform }) =>
        (connections?.includes(connection) ?? true) && (platforms?.includes(platform) ?? true),
    );
  }
}

function gone(): CursorExpiredError {
  return new CursorExpiredError(
    'The snapshots that the cursor walks are gone: begin again with the first page.',
  );
}
