import pMap from 'p-map';
import type { AdapterParts, BuildInfo, PlatformAdapter, Resolution } from '../../domain/adapter.ts';
import type { ProcessDetailRecord, ProcessRecord } from '../../domain/process.ts';
import { uniqueBy } from '../unique.ts';
import { changePartsOf } from './concord.changes.ts';
import type { ConcordChangesClient } from './concord.changes-client.ts';
import type { ConcordClient, RepositoryPlace } from './concord.client.ts';
import type { ConcordConfig } from './concord.config.ts';
import { aliasedPlaceOf, type FlowPlace, placeOf, toKey } from './concord.key.ts';
import {
  flowsOf,
  hasFlow,
  type RepositoryEntry,
  toListedProcess,
  toProcessDetail,
  unixCron,
} from './concord.mapper.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { firstWithRestart, isBefore, releaseOf } from './concord.release.ts';
import { runPartsOf } from './concord.run-side.ts';
import { ownsDefinitions, serverOrganization } from './concord.scope.ts';
import type { ProjectWire, RepositoryWire, TriggerWire } from './concord.wire.ts';

interface FoundProject {
  readonly organization: string;
  readonly project: ProjectWire;
}

/** The ways to one server. */
export interface ConcordClients {
  readonly client: ConcordClient;
  readonly changes: ConcordChangesClient;
  readonly runs: ConcordRunClient;
}

/** Concord by the adapter contract. */
export class ConcordAdapter implements PlatformAdapter {
  readonly parts: Partial<AdapterParts>;
  readonly #client: ConcordClient;
  readonly #config: ConcordConfig;

  constructor({ client, changes, runs }: ConcordClients, config: ConcordConfig) {
    this.#client = client;
    this.#config = config;
    this.parts = {
      processes: {
        list: (signal) => this.#list(signal),
        get: (key, signal) => this.#get(key, signal),
        resolve: (key, signal) => this.#resolve(key, signal, hasFlow),
        // A start may take its flow from another branch than the one whose flows are known.
        resolveStart: (key, signal) => this.#resolve(key, signal, () => true),
      },
      schedules: { dialects: [unixCron] },
      ...changePartsOf(client, changes, config),
      ...runPartsOf(client, runs, config),
    };
  }

  /** The version is told to anybody; that the credential is good shows in the second call. */
  async ping(signal: AbortSignal): Promise<BuildInfo> {
    const build = await this.#client.serverVersion(signal);
    await this.#client.whoAmI(signal);
    const release = releaseOf(build.version);
    const restarts = release === null || !isBefore(release, firstWithRestart);
    return { version: build.version ?? null, build, missing: restarts ? [] : ['restart'] };
  }

  async #list(signal: AbortSignal): Promise<readonly ProcessRecord[]> {
    const triggers = await this.#client.listCronTriggers(null, signal);
    const projects = await this.#projects(signal);
    const repositories = await this.#repositories(projects, signal);
    const entries =
      triggers === null
        ? await this.#withOwnTriggers(repositories, signal)
        : withTriggers(repositories, triggers);
    const records = entries.flatMap((entry) =>
      flowsOf(entry).map((flow) => toListedProcess(entry, flow, this.#config.baseUrl)),
    );
    return uniqueBy(records, (process) => process.key);
  }

  async #projects(signal: AbortSignal): Promise<FoundProject[]> {
    const organizations = this.#config.organizations ?? (await this.#seenOrganizations(signal));
    const found = await pMap(
      organizations,
      async (organization) => {
        const projects = await this.#client.listProjects(organization, signal);
        return projects.map((project) => ({ organization, project }));
      },
      this.#atOnce,
    );
    return found.flat();
  }

  async #seenOrganizations(signal: AbortSignal): Promise<string[]> {
    const names = (await this.#client.listOrganizations(signal)).map(({ name }) => name);
    return names.filter((name) => name !== serverOrganization);
  }

  async #repositories(
    projects: readonly FoundProject[],
    signal: AbortSignal,
  ): Promise<RepositoryEntry[]> {
    const found = await pMap(
      projects,
      async ({ organization, project }) => {
        // A project that went away since it was listed has nothing to run any more.
        const repositories =
          (await this.#client.listRepositories(organization, project.name, signal)) ?? [];
        return repositories.map((repository) => ({
          organization,
          project,
          repository,
          triggers: [],
        }));
      },
      this.#atOnce,
    );
    return found.flat();
  }

  /** Servers that cannot list the triggers of all repositories are asked for those of each. */
  async #withOwnTriggers(
    entries: readonly RepositoryEntry[],
    signal: AbortSignal,
  ): Promise<RepositoryEntry[]> {
    return pMap(
      entries,
      async (entry) => ({
        ...entry,
        triggers: await this.#client.listRepositoryTriggers(placeOfEntry(entry), signal),
      }),
      this.#atOnce,
    );
  }

  async #get(key: string, signal: AbortSignal): Promise<ProcessDetailRecord | null> {
    const place = this.#ours(placeOf(key));
    if (place === null) return null;
    const [project, repository] = await Promise.all([
      this.#client.getProject(place, signal),
      this.#client.getRepository(place, signal),
    ]);
    if (project === null || repository === null) return null;
    if (!hasFlow(repository, place.flow)) return null;
    const triggers =
      (await this.#client.listCronTriggers(place, signal)) ??
      (await this.#client.listRepositoryTriggers(place, signal));
    const entry = { organization: place.organization, project, repository, triggers };
    return toProcessDetail(entry, place.flow, this.#config.baseUrl);
  }

  async #resolve(
    key: string,
    signal: AbortSignal,
    has: (repository: RepositoryWire, flow: string) => boolean,
  ): Promise<Resolution | null> {
    const place = this.#ours(aliasedPlaceOf(key));
    if (place === null) return null;
    const repository = await this.#client.getRepository(place, signal);
    if (repository === null || !has(repository, place.flow)) return null;
    return { key: toKey(place), version: null };
  }

  /** The place, unless its organization does not belong to this connection. */
  #ours(place: FlowPlace | null): FlowPlace | null {
    const { organizations } = this.#config;
    return place !== null && ownsDefinitions(organizations, place.organization) ? place : null;
  }

  get #atOnce(): { concurrency: number } {
    return { concurrency: this.#config.concurrency };
  }
}

function placeOfEntry({ organization, project, repository }: RepositoryEntry): RepositoryPlace {
  return { organization, project: project.name, repository: repository.name };
}

function withTriggers(
  entries: readonly RepositoryEntry[],
  triggers: readonly TriggerWire[],
): RepositoryEntry[] {
  const byRepository = new Map<string, TriggerWire[]>();
  for (const trigger of triggers) {
    const { orgName, projectName, repositoryName } = trigger;
    const repository = [orgName, projectName, repositoryName].join('/');
    byRepository.set(repository, [...(byRepository.get(repository) ?? []), trigger]);
  }
  return entries.map((entry) => {
    const { organization, project, repository } = placeOfEntry(entry);
    const own = byRepository.get([organization, project, repository].join('/')) ?? [];
    return { ...entry, triggers: own };
  });
}
