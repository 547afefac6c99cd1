import type { Cursor, CursorSeal } from './cursor.ts';
import { contributes } from './incomplete.ts';
import type { FacetField, ProcessQuery } from './process-query.ts';
import type { ReadyAnswer, ReadyAnswers } from './ready-answers.ts';
import { renderEnvelope, renderFacets, renderItems } from './render.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { describeSource, type ResolvedSource } from './source.ts';
import { canonical, digest, type View, type Views } from './views.ts';

/** Which part of the matches is shown, and as what. */
export type Portion =
  | { readonly kind: 'items'; readonly limit: number; readonly offset: number }
  | { readonly kind: 'facets'; readonly field: FacetField };

/** Snapshots that sources or a cursor name are not there any more. */
export class SnapshotsGoneError extends Error {
  readonly connections: readonly string[];

  constructor(connections: readonly string[]) {
    super(`the snapshots of ${connections.join(', ')} are gone`);
    this.name = 'SnapshotsGoneError';
    this.connections = connections;
  }
}

/** What pages are made with. */
export interface PageTools {
  readonly snapshots: SnapshotStore;
  readonly answers: ReadyAnswers;
  readonly views: Views;
  readonly seal: CursorSeal;
  /** How long a cursor keeps its snapshots at least, in ms. */
  readonly pinMs: number;
  /** The time that all processes share, in ms since 1970. */
  readonly now: () => number;
}

/** Makes answers out of snapshots: each page of each query once, whoever asks. */
export class Pages {
  readonly #tools: PageTools;
  readonly #making = new Map<string, Promise<ReadyAnswer>>();

  constructor(tools: PageTools) {
    this.#tools = tools;
  }

  /**
   * Cursors are sealed anew in every epoch, half as long as a pin, so that what is served from a cache always holds one
   * that lives for a whole pin yet.
   */
  get epochEndsAt(): number {
    const half = this.#tools.pinMs / 2;
    return (Math.floor(this.#tools.now() / half) + 1) * half;
  }

  /** @throws SnapshotsGoneError */
  async make(
    query: ProcessQuery,
    portion: Portion,
    sources: readonly ResolvedSource[],
  ): Promise<ReadyAnswer> {
    const { epochEndsAt } = this;
    const asked = JSON.stringify([canonical(query), portion]);
    const shown = sources.map(({ source, status, pointer }) => [
      source.connection,
      status,
      pointer?.snapshot,
    ]);
    const content = `${asked}\n${JSON.stringify(shown)}`;
    const times = sources.map(({ asOf, problem }) => [asOf, problem]);
    const key = digest(`${content}\n${JSON.stringify([epochEndsAt, times])}`);
    const making = this.#making.get(key);
    if (making !== undefined) return making;
    const made = this.#find(key, () =>
      this.#build(query, portion, sources, { content, epochEndsAt }),
    ).finally(() => this.#making.delete(key));
    this.#making.set(key, made);
    return made;
  }

  async #find(key: string, build: () => Promise<ReadyAnswer>): Promise<ReadyAnswer> {
    const ready = await this.#tools.answers.get(key);
    if (ready !== null) return ready;
    const built = await build();
    this.#tools.answers.set(key, built);
    return built;
  }

  async #build(
    query: ProcessQuery,
    portion: Portion,
    sources: readonly ResolvedSource[],
    { content, epochEndsAt }: { readonly content: string; readonly epochEndsAt: number },
  ): Promise<ReadyAnswer> {
    const [snapshots, places] = await this.#load(sources);
    const view = this.#tools.views.of(snapshots, query);
    const complete = sources.every(contributes);
    const nextCursor = await this.#next(query, portion, sources, {
      view,
      expiresAt: epochEndsAt + this.#tools.pinMs,
    });
    const isFacets = portion.kind === 'facets';
    const data = isFacets
      ? renderFacets(view.refs, snapshots, portion.field)
      : renderItems(
          view.refs.subarray(portion.offset, portion.offset + portion.limit),
          snapshots,
          query,
        );
    const total = complete ? (isFacets ? data.length : view.refs.length) : null;
    const described = sources.map((source, at) =>
      describeSource(source, view.counts[places[at] ?? -1] ?? null),
    );
    const body = renderEnvelope(data, { nextCursor, total, sources: described });
    const instants = sources.flatMap(({ asOf }) => (asOf === null ? [] : [asOf]));
    const ends = sources.flatMap(({ asOf, source }) =>
      asOf === null ? [] : [asOf + source.policy.ttl],
    );
    // Who has an answer with a cursor must not keep it for longer than the cursor is good for.
    const validity = nextCursor === null ? '' : `\n${epochEndsAt}`;
    return {
      body,
      etag: `W/"${digest(`${content}${validity}`)}"`,
      complete,
      asOf: instants.length === 0 ? null : Math.min(...instants),
      freshUntil: Math.min(...ends, Number.MAX_SAFE_INTEGER),
      nextCursor,
    };
  }

  /** The snapshots, and for each source its place among them (-1: none). */
  async #load(sources: readonly ResolvedSource[]): Promise<[Snapshot[], number[]]> {
    const loaded = await Promise.all(
      sources.map(async ({ source, pointer }) =>
        pointer === null
          ? null
          : this.#tools.snapshots.get(source.connection, source.platform, pointer.snapshot),
      ),
    );
    const gone = sources.filter(({ pointer }, at) => pointer !== null && loaded[at] === null);
    if (gone.length > 0) throw new SnapshotsGoneError(gone.map((each) => each.source.connection));
    let next = 0;
    const places = loaded.map((snapshot) => (snapshot === null ? -1 : next++));
    return [loaded.filter((snapshot) => snapshot !== null), places];
  }

  async #next(
    query: ProcessQuery,
    portion: Portion,
    sources: readonly ResolvedSource[],
    { view, expiresAt }: { readonly view: View; readonly expiresAt: number },
  ): Promise<string | null> {
    if (portion.kind !== 'items' || portion.offset + portion.limit >= view.refs.length) return null;
    const { seal, snapshots, now } = this.#tools;
    const keepMs = expiresAt - now();
    await Promise.all(
      sources.map(async ({ source, pointer }) => {
        if (pointer !== null) await snapshots.pin(source.connection, pointer.snapshot, keepMs);
      }),
    );
    const cursor: Cursor = {
      query: digest(canonical(query)),
      offset: portion.offset + portion.limit,
      sources: sources.map(({ source, pointer, asOf }) => ({
        connection: source.connection,
        snapshot: pointer?.snapshot ?? null,
        asOf,
      })),
      expiresAt,
    };
    return seal.seal(cursor);
  }
}
