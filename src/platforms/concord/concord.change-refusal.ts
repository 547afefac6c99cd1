import { ConflictError, UpstreamUnavailableError } from '../../domain/errors.ts';
import type { RepositoryPlace } from './concord.client.ts';

/**
 * What the answer to a change means. That the server cannot read a repository it words as a failure of its own (500),
 * though it has changed nothing then: it reads before it writes, and what it writes is one transaction.
 */
export function changeRefusal(error: unknown, { repository, project }: RepositoryPlace): unknown {
  if (!(error instanceof UpstreamUnavailableError)) return error;
  const { upstream } = error.details;
  const said = upstream?.message ?? '';
  const isUnread = /^Error while (loading process definition|refreshing repository)\b/.test(said);
  if (upstream?.status !== 500 || !isUnread) return error;
  return new ConflictError(
    `Concord cannot read the repository ${repository} of the project ${project}, and has changed nothing: ${said}`,
    { ...error.details, outcome: 'rejected', cause: error },
  );
}
