import { UpstreamRejectedError } from '../../domain/errors.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { UpstreamName } from '../../upstream/upstream-errors.ts';
import type { FlowPlace } from './concord.key.ts';
import {
  organizationListWire,
  type OrganizationWire,
  projectListWire,
  type ProjectWire,
  projectWire,
  repositoryListWire,
  type RepositoryWire,
  repositoryWire,
  triggerListWire,
  type TriggerWire,
  type VersionWire,
  versionWire,
  whoAmIWire,
} from './concord.wire.ts';

/** Where a repository lives. */
export type RepositoryPlace = Omit<FlowPlace, 'flow'>;

/** What Concord can be asked for: its validation errors have a media type of their own, and no body without it. */
export const concordAccept =
  'application/json, application/vnd.concord-validation-errors-v1+json, text/plain, */*;q=0.1';

/** The definitions of Concord, one method per call. */
export class ConcordClient {
  readonly #http: UpstreamClient;

  constructor(http: UpstreamClient) {
    this.#http = http;
  }

  /** Whom the errors name. */
  get name(): UpstreamName {
    return this.#http.name;
  }

  /** Anonymous: says nothing about the credential. */
  async serverVersion(signal: AbortSignal): Promise<VersionWire> {
    const answer = await this.#http.json(versionWire, { path: '/api/v1/server/version', signal });
    return answer?.body ?? {};
  }

  /** Fails when the server does not know the credential. */
  async whoAmI(signal: AbortSignal): Promise<void> {
    await this.#http.json(whoAmIWire, { path: '/api/service/console/whoami', signal });
  }

  /** Without `limit` it is the whole list; so are the two below. */
  async listOrganizations(signal: AbortSignal): Promise<OrganizationWire[]> {
    const answer = await this.#http.json(organizationListWire, { path: '/api/v1/org', signal });
    return answer?.body ?? [];
  }

  async listProjects(organization: string, signal: AbortSignal): Promise<ProjectWire[]> {
    const place = path`/api/v1/org/${organization}/project`;
    const answer = await this.#http.json(projectListWire, { path: place, signal });
    return answer?.body ?? [];
  }

  /** Null when the project is gone. */
  async listRepositories(
    organization: string,
    project: string,
    signal: AbortSignal,
  ): Promise<RepositoryWire[] | null> {
    const place = path`/api/v1/org/${organization}/project/${project}/repository`;
    return unlessUnknown(async () => {
      const call = { path: place, absent: [204, 404], signal };
      const answer = await this.#http.json(repositoryListWire, call);
      return answer?.body ?? null;
    });
  }

  async getProject(
    { organization, project }: RepositoryPlace,
    signal: AbortSignal,
  ): Promise<ProjectWire | null> {
    const place = path`/api/v2/org/${organization}/project/${project}`;
    return unlessUnknown(async () => {
      const answer = await this.#http.json(projectWire, {
        path: place,
        absent: [204, 404],
        signal,
      });
      return answer?.body ?? null;
    });
  }

  async getRepository(
    { organization, project, repository }: RepositoryPlace,
    signal: AbortSignal,
  ): Promise<RepositoryWire | null> {
    const place = path`/api/v1/org/${organization}/project/${project}/repository/${repository}`;
    return unlessUnknown(async () => {
      const call = { path: place, absent: [204, 404], signal };
      const answer = await this.#http.json(repositoryWire, call);
      return answer?.body ?? null;
    });
  }

  /** The cron triggers of the whole server, or of one repository; null where the server lacks the call. */
  async listCronTriggers(
    place: RepositoryPlace | null,
    signal: AbortSignal,
  ): Promise<TriggerWire[] | null> {
    const query = {
      type: 'cron',
      orgName: place?.organization,
      projectName: place?.project,
      repoName: place?.repository,
    };
    return unlessUnknown(async () => {
      const call = { path: '/api/v2/trigger', query, absent: [204, 404], signal };
      const answer = await this.#http.json(triggerListWire, call);
      return answer?.body ?? null;
    });
  }

  /** The triggers of every kind of one repository, as older servers have them. */
  async listRepositoryTriggers(
    { organization, project, repository }: RepositoryPlace,
    signal: AbortSignal,
  ): Promise<TriggerWire[]> {
    const place = path`/api/v1/org/${organization}/project/${project}/repo/${repository}/trigger`;
    const triggers = await unlessUnknown(async () => {
      const call = { path: place, absent: [204, 404], signal };
      const answer = await this.#http.json(triggerListWire, call);
      return answer?.body ?? null;
    });
    return triggers ?? [];
  }
}

/** Parents that are unknown are validation errors more often than 404: `Organization not found: nope`. Gives null. */
export async function unlessUnknown<T>(ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof UpstreamRejectedError)) throw error;
    const { status, message } = error.details.upstream ?? { status: null, message: null };
    if (
      (status === 400 || status === 404) &&
      /^(Organization|Project|Repository) not found\b/.test(message ?? '')
    )
      return null;
    throw error;
  }
}
