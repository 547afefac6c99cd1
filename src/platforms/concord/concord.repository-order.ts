import { z } from 'zod';
import type { ConcordChangesClient } from './concord.changes-client.ts';
import type { ConcordClient } from './concord.client.ts';
import type { ConcordRepositories, FoundRepository } from './concord.repositories.ts';
import type { RepositoryWire } from './concord.wire.ts';

/** Which repository a request is about. One that was made anew under the same name is another one. */
export const repositoryOrder = z.object({
  organization: z.string(),
  project: z.string(),
  repository: z.string(),
  id: z.string().nullable(),
});
export type RepositoryOrder = z.output<typeof repositoryOrder>;

/** What changes of repositories work with. */
export interface RepositoryTools {
  readonly client: ConcordClient;
  readonly changes: ConcordChangesClient;
  readonly repositories: ConcordRepositories;
  /** For one request, in ms. */
  readonly timeoutMs: number;
}

export function orderOf({ place, repository }: FoundRepository): RepositoryOrder {
  const { organization, project, repository: name } = place;
  return { organization, project, repository: name, id: repository.id ?? null };
}

/** The repository that was meant; null where it is gone, or another one has its name. */
export function meant(
  { id }: RepositoryOrder,
  repository: RepositoryWire | null,
): RepositoryWire | null {
  return repository === null || (repository.id ?? null) !== id ? null : repository;
}

/** What became of it where it cannot be found any more, as a sentence. */
export function goneSentence({ repository, project }: RepositoryOrder): string {
  return `The repository ${repository} of the project ${project} is not there any more, or was made anew.`;
}
