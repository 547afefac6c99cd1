import { CursorExpiredError, NotFoundError, StoreUnavailableError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { within } from '../timing/within.ts';
import type { CellStore } from './cell.ts';
import type { CursorSeal } from './cursor.ts';
import { defaultDemand } from './freshness.ts';
import { HotAnswers } from './hot-answers.ts';
import { contributes, refusalOf } from './incomplete.ts';
import type { ListAnswer, ListCall } from './list-call.ts';
import { type Pages, type Portion, SnapshotsGoneError } from './pages.ts';
import type { ProcessQuery } from './process-query.ts';
import {
  type CatalogueSource,
  describeSource,
  type Forwarded,
  type ListedProcess,
  type ResolvedSource,
  together,
  without,
} from './source.ts';
import type { Sources } from './sources.ts';
import { canonical, digest } from './views.ts';

/** What the catalogue works with. */
export interface CatalogueParts {
  readonly cells: CellStore & {
    readonly reachable: boolean;
    readonly knownRevision: string | undefined;
  };
  readonly sources: Sources;
  readonly pages: Pages;
  readonly seal: CursorSeal;
  /** After which a list answers with what it has, in ms. */
  readonly deadlineMs: number;
  /** For answers that are kept by the text of their call. */
  readonly memoryBytes: number;
}

const none: ReadonlySet<string> = new Set();

/** Answers lists from snapshots: ready bytes first, then the matches of a known query, upstreams last. */
export class Catalogue {
  readonly #parts: CatalogueParts;
  readonly #all: readonly CatalogueSource[];
  readonly #hot: HotAnswers;

  constructor(all: readonly CatalogueSource[], parts: CatalogueParts) {
    this.#all = all;
    this.#parts = parts;
    this.#hot = new HotAnswers(parts.memoryBytes);
  }

  /** What is ready for a call with this text and no demand of its own, with the store's time; null when that has to be looked up. */
  hot(text: string): { readonly answer: ListAnswer; readonly now: number } | null {
    const { cells } = this.#parts;
    const revision = cells.knownRevision;
    if (revision === undefined) return null;
    const now = cells.now();
    const answer = this.#hot.get(text, revision, now);
    return answer === null ? null : { answer, now };
  }

  /** The answer to a call; what cannot be complete says so in its sources. */
  async list(call: ListCall): Promise<ListAnswer> {
    if (call.demand !== defaultDemand) return this.#answer(call);
    const { cells, pages } = this.#parts;
    const revision = await cells.revision();
    const hot = this.#hot.get(call.text, revision, cells.now());
    if (hot !== null) return hot;
    const answer = await this.#answer(call);
    this.#hot.set(call.text, answer, { revision, now: cells.now(), latest: pages.epochEndsAt });
    return answer;
  }

  /** What the kept list of a connection has under a key, and how old that is; null when it has nothing. */
  async entry(connection: string, key: string): Promise<ListedProcess | null> {
    const source = this.#all.find((each) => each.connection === connection);
    return source === undefined ? null : this.#parts.sources.entry(source, key);
  }

  /** How the list of a connection stands now; no upstream is asked. */
  async source(connection: string): Promise<Source> {
    const peeked = await this.#parts.sources.peek(this.#find(connection));
    return describeSource(peeked, peeked.pointer?.count ?? null);
  }

  /** Refreshes the list of a connection; gives its source when that is done, null when it is not at `untilMs` (of Date.now). */
  async refresh(connection: string, untilMs: number): Promise<Source | null> {
    const source = this.#find(connection);
    const demand = { ...defaultDemand, forced: true };
    // Also when nobody waits: forced walks keep a distance, so that this one may have to begin later.
    const until = Math.max(untilMs, Date.now() + source.timeoutMs);
    const wish = { demand, untilMs: until, gone: none };
    const refreshing = this.#parts.sources.resolve([source], wish);
    const refreshed = (await within(refreshing, untilMs - Date.now()))?.[0];
    return refreshed === undefined
      ? null
      : describeSource(refreshed, refreshed.pointer?.count ?? null);
  }

  async #answer({ query, show, demand }: ListCall): Promise<ListAnswer> {
    if (show.kind === 'items' && show.cursor !== null)
      return this.#continue(query, show.limit, show.cursor);
    const portion: Portion =
      show.kind === 'facets' ? show : { kind: 'items', limit: show.limit, offset: 0 };
    const untilMs = Date.now() + this.#parts.deadlineMs;
    const gone = new Set<string>();
    const lost = new Set<string>();
    for (;;) {
      const resolved = await this.#parts.sources.resolve(this.#selected(query), {
        demand,
        untilMs,
        gone,
      });
      const shown = resolved.map((each) =>
        lost.has(each.source.connection) ? notKept(each) : each,
      );
      const refusal = refusalOf(shown, query.requireAll, demand);
      if (refusal !== null) throw refusal;
      try {
        return await this.#show(query, portion, shown);
      } catch (error) {
        if (!(error instanceof SnapshotsGoneError)) throw error;
        // Redis has lost them before their time, so they are read again; what is lost at once again is given up.
        for (const each of error.connections) (gone.has(each) ? lost : gone).add(each);
      }
    }
  }

  async #show(
    query: ProcessQuery,
    portion: Portion,
    resolved: readonly ResolvedSource[],
  ): Promise<ListAnswer> {
    const ready = await this.#parts.pages.make(query, portion, resolved);
    return { ...ready, forwarded: forwardedOf(resolved) };
  }

  /** The next page of a walk: of the snapshots that it began with, whatever has come since. */
  async #continue(query: ProcessQuery, limit: number, token: string): Promise<ListAnswer> {
    const { cells, seal, sources } = this.#parts;
    const cursor = await seal.open(token, digest(canonical(query)), cells.now());
    const resolved = await sources.pinned(this.#all, cursor.sources);
    if (resolved === null) throw expired();
    try {
      return await this.#show(query, { kind: 'items', limit, offset: cursor.offset }, resolved);
    } catch (error) {
      if (!(error instanceof SnapshotsGoneError)) throw error;
      if (cells.reachable) throw expired();
      throw new StoreUnavailableError(
        'Redis cannot be reached, and this process does not hold the snapshots that the cursor walks.',
      );
    }
  }

  #find(connection: string): CatalogueSource {
    const source = this.#all.find((each) => each.connection === connection);
    if (source === undefined) throw new NotFoundError(`There is no connection "${connection}".`);
    return source;
  }

  /** The sources that a query is about, in the order of the configuration. */
  #selected({ connections, platforms }: ProcessQuery): CatalogueSource[] {
    return this.#all.filter(
      ({ connection, platform }) =>
        (connections?.includes(connection) ?? true) && (platforms?.includes(platform) ?? true),
    );
  }
}

/** As `Age`, it is about the oldest part of what is shown: what stands in, else what had to be read. */
function forwardedOf(resolved: readonly ResolvedSource[]): Forwarded {
  const shown = resolved.filter(contributes);
  return together((shown.length === 0 ? resolved : shown).map(({ forwarded }) => forwarded));
}

/** A source whose list was read, but can be kept nowhere. */
function notKept({ source, forwarded }: ResolvedSource): ResolvedSource {
  const problem = {
    code: 'store_unavailable',
    detail: `The list of ${source.connection} was read, but could not be kept.`,
  } as const;
  return without(source, 'failed', problem, forwarded);
}

function expired(): CursorExpiredError {
  return new CursorExpiredError(
    'The snapshots that the cursor walks are gone: begin again with the first page.',
  );
}
