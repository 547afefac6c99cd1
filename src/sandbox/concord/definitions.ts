import { uuidOf } from '../kit/random.ts';
import { printed, sparse } from './entry.ts';
import { invalid, said, unexpected } from './fault.ts';
import type { ConcordState, CronTrigger, Organization, Project, Repository } from './state.ts';

const namePattern = /^[0-9a-zA-Z][0-9a-zA-Z_@.\-~]{2,128}$/;
const owner = { id: uuidOf('concord/user/admin'), username: 'admin', userType: 'LOCAL' };

/** @throws ConcordFault, naming `argument` in the server's way */
export function checkName(name: string, argument: string): void {
  if (!namePattern.test(name))
    throw invalid(String.raw`must match "^[0-9a-zA-Z][0-9a-zA-Z_@.\-~]{2,128}$"`, argument);
}

/** Organizations, projects, repositories and triggers by their names, and as the server shows them. */
export class Definitions {
  readonly #state: ConcordState;

  constructor(state: ConcordState) {
    this.#state = state;
  }

  organization(name: string): Organization | null {
    return this.#state.organizations.find((each) => each.name === name) ?? null;
  }

  knownOrganization(name: string): Organization {
    const found = this.organization(name);
    if (found === null) throw invalid(`Organization not found: ${name}`);
    return found;
  }

  project(organization: string, name: string): Project | null {
    const { projects } = this.#state;
    return (
      projects.find((each) => each.organization === organization && each.name === name) ?? null
    );
  }

  projectsOf(organization: string): Project[] {
    return this.#state.projects
      .filter((each) => each.organization === organization)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** For calls to what lies below a project, which take an unknown one for a bad request. */
  knownProject(organization: string, name: string): Project {
    this.knownOrganization(organization);
    const found = this.project(organization, name);
    if (found === null) throw invalid(`Project not found: ${name}`);
    return found;
  }

  repositoriesOf(project: Project): Repository[] {
    return this.#state.repositories
      .filter((each) => each.projectId === project.id)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  repository(project: Project, name: string): Repository | null {
    return this.repositoriesOf(project).find((each) => each.name === name) ?? null;
  }

  knownRepository(project: Project, name: string): Repository {
    const found = this.repository(project, name);
    if (found === null) throw said(404, `Repository not found: ${name}`);
    return found;
  }

  /** Triggers of one type, of the server or of what the names limit it to. */
  triggers(query: URLSearchParams): Record<string, unknown>[] {
    const type = query.get('type');
    const organization = query.get('orgName');
    const projectName = query.get('projectName');
    const repoName = query.get('repoName');
    if (projectName !== null && organization === null)
      throw unexpected('java.lang.IllegalArgumentException: Organization ID or name is required');
    if (organization !== null) this.knownOrganization(organization);
    const project =
      organization === null || projectName === null
        ? null
        : this.knownProject(organization, projectName);
    const repository =
      project === null || repoName === null ? null : this.knownRepository(project, repoName);
    if (type !== null && type !== 'cron') return [];
    return this.#state.repositories
      .filter((each) => repository === null || each.id === repository.id)
      .filter((each) => project === null || each.projectId === project.id)
      .flatMap((each) => this.triggersOf(each))
      .filter((each) => organization === null || each['orgName'] === organization);
  }

  /** A repository that is disabled, or whose triggers are, has none. */
  triggersOf(repository: Repository): Record<string, unknown>[] {
    if (repository.disabled || repository.triggersDisabled) return [];
    const project = this.#state.projects.find(({ id }) => id === repository.projectId);
    return repository.file.triggers.map((trigger) => this.#trigger(trigger, repository, project));
  }

  #trigger(
    trigger: CronTrigger,
    repository: Repository,
    project: Project | undefined,
  ): Record<string, unknown> {
    const organization = this.organization(project?.organization ?? '');
    return {
      id: trigger.id,
      orgId: organization?.id,
      orgName: organization?.name,
      projectId: project?.id,
      projectName: project?.name,
      repositoryId: repository.id,
      repositoryName: repository.name,
      eventSource: 'cron',
      activeProfiles: [],
      arguments: trigger.arguments,
      conditions: { ...sparse({ timezone: trigger.timezone }), spec: trigger.spec, version: 2 },
      cfg: { entryPoint: trigger.entryPoint },
    };
  }

  showOrganization({ id, name, owned, visibility }: Organization): Record<string, unknown> {
    return { id, name, ...(owned ? { owner } : {}), visibility };
  }

  showProject(project: Project): Record<string, unknown> {
    const { createdMs, rawPayloadMode, outVariablesMode } = project;
    const organization = this.organization(project.organization);
    return sparse({
      id: project.id,
      name: project.name,
      description: project.description,
      orgId: organization?.id,
      orgName: organization?.name,
      visibility: 'PUBLIC',
      owner: organization?.name === 'ConcordSystem' ? null : owner,
      acceptsRawPayload: rawPayloadMode !== 'DISABLED',
      rawPayloadMode,
      outVariablesMode,
      createdAt: createdMs === null ? null : printed(createdMs, this.#state.zoneHours),
    });
  }

  /** The project of version 1 has its repositories with it. */
  showWholeProject(project: Project): Record<string, unknown> {
    const repositories = this.repositoriesOf(project).map((each) => [
      each.name,
      this.showRepository(each),
    ]);
    return {
      ...this.showProject(project),
      repositories: Object.fromEntries(repositories) as object,
    };
  }

  showRepository(repository: Repository): Record<string, unknown> {
    const { file, secretName, refreshed } = repository;
    const entryPoints = Object.keys(file.flows);
    return sparse({
      id: repository.id,
      projectId: repository.projectId,
      name: repository.name,
      url: repository.url,
      branch: repository.branch,
      commitId: repository.commitId,
      path: repository.path,
      secretId: secretName === null ? null : uuidOf(`concord/secret/${secretName}`),
      secretName,
      secretStoreType: secretName === null ? null : 'CONCORD',
      disabled: repository.disabled,
      meta: refreshed ? sparse({ profiles: file.profiles, entryPoints }) : null,
      triggersDisabled: repository.triggersDisabled,
    });
  }
}
