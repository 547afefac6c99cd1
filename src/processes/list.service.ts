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
    const withVersions = query.include?.includes('versions') === true;
    if (withVersions) checkWithVersions(limit, query.fields);
    const show = { kind: 'items', limit, cursor: query.cursor ?? null } as const;
    const answer = await this.#catalogue.list({
      text,
      query: toQuery(query, this.#known),
      show,
      demand,
    });
    return this.#timed(withVersions ? await this.#versions.add(answer, demand) : answer);
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
function checkWithVersions(limit: number, fields: string | undefined): void {
  const errors = [];
  if (limit > limitWithVersions) {
    errors.push({
      at: 'limit',
      message: `must not be greater than ${limitWithVersions} with include=versions`,
    });
  }
  if (fields !== undefined && !fields.split(',').includes('id')) {
    errors.push({ at: 'fields', message: 'must name id with include=versions' });
  }
  if (errors.length === 0) return;
  const said = errors.map(({ at, message }) => `${at} ${message}`).join('; ');
  throw new InvalidRequestError(`The query is not valid: ${said}.`, { errors });
}
