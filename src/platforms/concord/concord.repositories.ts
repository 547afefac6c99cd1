import type { ChangedItem, ChangeEffect } from '../../domain/change.ts';
import { type ErrorDetails, NotFoundError } from '../../domain/errors.ts';
import type { ConcordClient } from './concord.client.ts';
import type { ConcordConfig } from './concord.config.ts';
import { type FlowPlace, placeOf, toKey } from './concord.key.ts';
import { flowsOf, hasFlow, nameOf } from './concord.mapper.ts';
import { ownsDefinitions } from './concord.scope.ts';
import type { RepositoryWire } from './concord.wire.ts';

/** The repository behind a flow, as it stands now. */
export interface FoundRepository {
  readonly place: FlowPlace;
  readonly repository: RepositoryWire;
}

/** What changes are checked against before anything is sent. */
export class ConcordRepositories {
  readonly #client: ConcordClient;
  readonly #config: Pick<ConcordConfig, 'id' | 'platform' | 'organizations'>;

  constructor(
    client: ConcordClient,
    config: Pick<ConcordConfig, 'id' | 'platform' | 'organizations'>,
  ) {
    this.#client = client;
    this.#config = config;
  }

  /** @throws NotFoundError when there is no such flow, or it does not belong to the connection */
  async behind(key: string, signal: AbortSignal): Promise<FoundRepository> {
    const place = placeOf(key);
    if (place === null || !ownsDefinitions(this.#config.organizations, place.organization))
      throw this.#none(key);
    const repository = await this.#client.getRepository(place, signal);
    if (repository === null || !hasFlow(repository, place.flow)) throw this.#none(key);
    return { place, repository };
  }

  /** What an error says of a change that was not sent. */
  refused(details: ErrorDetails = {}): ErrorDetails {
    const { id: connection, platform } = this.#config;
    return { connection, platform, outcome: 'not_sent', ...details };
  }

  #none(key: string): NotFoundError {
    return new NotFoundError(`There is no flow ${key}.`, this.refused());
  }
}

/** Every known flow of the repository, the one that was named first: what changes a repository changes all of them. */
export function itemsOf(
  { place, repository }: FoundRepository,
  effect: ChangeEffect,
): ChangedItem[] {
  const others = flowsOf({ repository }).filter((flow) => flow !== place.flow);
  return [place.flow, ...others].map((flow) => ({
    process: toKey({ ...place, flow }),
    name: nameOf(flow, place.project),
    version: null,
    versionId: null,
    deployment: null,
    effect,
    problem: null,
  }));
}
