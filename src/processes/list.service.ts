import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue.ts';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import type { Demand } from '../catalogue/freshness.ts';
import type { ListAnswer } from '../catalogue/list-call.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { InvalidRequestError } from '../domain/errors.ts';
import { platforms } from '../platforms/all.ts';
import type { FacetsQuery, ListProcessesQuery } from './list-processes.query.ts';
import { type Known, toFilter, toQuery } from './process-query.mapper.ts';
import type { TimedAnswer } from './send-list.ts';
import { VersionsInList } from './versions-in-list.ts';

const defaultLimit = 50;
/** With versions, each process of a page may cost a call of its own. */
const limitWithVersions = 50;

/** Lists and counts over all connections. */
@Injectable()
export class ListService {
  readonly #catalogue: Catalogue;
  readonly #cells: FallbackCells;
  readonly #versions: VersionsInList;
  readonly #known: Known;

  constructor(
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(FallbackCells) cells: FallbackCells,
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(VersionsInList) versions: VersionsInList,
  ) {
    this.#catalogue = catalogue;
    this.#cells = cells;
    this.#versions = versions;
    this.#known = {
      connections: connections.all().map(({ id }) => id),
      platforms: platforms.map(({ name }) => name),
    };
  }

  /** `text` is equal for equal calls: the URL. */
  async list(text: string, query: ListProcessesQuery, demand: Demand): Promise<TimedAnswer> {
    const limit = query.limit ?? defaultLimit;
    const asked = toQuery(query, this.#known);
    const show = { kind: 'items', limit, cursor: query.cursor ?? null } as const;
    if (!asked.versions)
      return this.#timed(await this.#catalogue.list({ text, query: asked, show, demand }));
    checkWithVersions(limit);
    const { fields } = asked;
    const call = {
      // What is ready under a URL is the whole answer; of a list with versions only the list is.
      text: `${text} without its versions`,
      // Versions are found by the id.
      query: { ...asked, fields: fields === null ? null : [...new Set([...fields, 'id'])] },
      show,
      demand,
    };
    return this.#timed(await this.#versions.add(call, this.#catalogue.list(call), fields));
  }

  async facets(text: string, query: FacetsQuery, demand: Demand): Promise<TimedAnswer> {
    const show = { kind: 'facets', field: query.field } as const;
    return this.#timed(
      await this.#catalogue.list({ text, query: toFilter(query, this.#known), show, demand }),
    );
  }

  #timed(answer: ListAnswer): TimedAnswer {
    return { ...answer, now: this.#cells.now() };
  }
}

/** @throws InvalidRequestError */
function checkWithVersions(limit: number): void {
  if (limit <= limitWithVersions) return;
  const message = `must be a whole number from 1 to ${limitWithVersions} with include=versions`;
  throw new InvalidRequestError(`The query is not valid: limit ${message}.`, {
    errors: [{ at: 'limit', message }],
  });
}
