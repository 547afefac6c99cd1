import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import type { ProcessDetailRecord, ProcessRecord, Schedule } from '../../domain/process.ts';
import { isSegment, path } from '../../upstream/path.ts';
import { type FlowPlace, toKey } from './concord.key.ts';
import {
  only,
  projectNative,
  repositoryNative,
  triggerNative,
  withoutPassword,
} from './concord.native.ts';
import type { ProjectWire, RepositoryWire, TriggerWire } from './concord.wire.ts';

/** The grammar of five fields that cron has on Unix. */
export const unixCron = 'unix-cron';

/** Everything that is known about one repository. */
export interface RepositoryEntry {
  readonly organization: string;
  readonly project: ProjectWire;
  readonly repository: RepositoryWire;
  readonly triggers: readonly TriggerWire[];
}

const listedProjectFields = ['id', 'name', 'visibility'] as const;
const listedRepositoryFields = [
  'id',
  'name',
  'branch',
  'commitId',
  'path',
  'disabled',
  'triggersDisabled',
] as const;

/** The flows that a repository is known to have; one without a name where none is known. */
export function flowsOf({ repository }: Pick<RepositoryEntry, 'repository'>): readonly string[] {
  const known = (repository.meta?.entryPoints ?? []).filter((flow) => flow !== '');
  return known.length === 0 ? [''] : known;
}

/** A flow without a name is the one that the project file chooses, whatever others there are. */
export function hasFlow(repository: RepositoryWire, flow: string): boolean {
  return flow === '' || flowsOf({ repository }).includes(flow);
}

/** A merged list of flows that are all called `default` would tell nobody anything. */
export function nameOf(flow: string, project: string): string {
  return flow === '' || flow === 'default' ? project : flow;
}

/** An item of the list: without flows and profiles of the repository, which may be many. */
export function toListedProcess(entry: RepositoryEntry, flow: string, base: URL): ProcessRecord {
  return {
    ...toRecord(entry, flow, base),
    native: {
      organization: entry.organization,
      entryPoint: flow,
      project: only(entry.project, listedProjectFields),
      repository: {
        ...only(entry.repository, listedRepositoryFields),
        url: withoutPassword(entry.repository.url ?? null),
      },
    },
  };
}

export function toProcessDetail(
  entry: RepositoryEntry,
  flow: string,
  base: URL,
): ProcessDetailRecord {
  return {
    ...toRecord(entry, flow, base),
    deployments: null,
    inputSchema: null,
    configuration: configurationOf(entry.repository),
    native: {
      organization: entry.organization,
      entryPoint: flow,
      project: projectNative(entry.project),
      repository: repositoryNative(entry.repository),
      triggers: cronTriggersOf(entry, flow).map(triggerNative),
    },
  };
}

function toRecord(entry: RepositoryEntry, flow: string, base: URL): Omit<ProcessRecord, 'native'> {
  const { organization, project, repository } = entry;
  const place = { organization, project: project.name, repository: repository.name, flow };
  return {
    key: toKey(place),
    name: nameOf(flow, project.name),
    description: project.description ?? null,
    kind: 'process',
    enabled: repository.disabled !== true,
    latestVersion: null,
    labels: [],
    service: null,
    schedule: scheduleOf(entry, flow),
    createdAt: toInstant(project.createdAt),
    updatedAt: null,
    updatedBy: null,
    startPage: startPageOf(place, base),
  };
}

/**
 * The page that starts the flow in a browser. Its path has to name a flow, so there is none for what the project file
 * chooses: `default` may be another one.
 */
function startPageOf(place: FlowPlace, base: URL): string | null {
  const { organization, project, repository, flow } = place;
  if (![project, repository, flow].every(isSegment)) return null;
  const page = path`/api/v1/org/${organization}/project/${project}/repo/${repository}/start/${flow}`;
  return `${base.origin}${base.pathname.replace(/\/$/, '')}${page}`;
}

function cronTriggersOf({ triggers }: RepositoryEntry, flow: string): TriggerWire[] {
  return triggers.filter(
    ({ cfg, eventSource }) =>
      (eventSource ?? 'cron') === 'cron' && (cfg?.['entryPoint'] ?? '') === flow,
  );
}

function scheduleOf(entry: RepositoryEntry, flow: string): readonly Schedule[] | null {
  const { disabled, triggersDisabled } = entry.repository;
  const active = disabled !== true && triggersDisabled !== true;
  const schedules = cronTriggersOf(entry, flow).flatMap(({ conditions }): Schedule[] => {
    const expression = conditions?.['spec'];
    if (typeof expression !== 'string' || expression === '') return [];
    const timezone = conditions?.['timezone'];
    return [
      {
        expression,
        dialect: unixCron,
        timezone: typeof timezone === 'string' && timezone !== '' ? timezone : null,
        active,
      },
    ];
  });
  return schedules.length === 0 ? null : schedules;
}

function configurationOf(repository: RepositoryWire): Native {
  return {
    url: withoutPassword(repository.url ?? null),
    branch: repository.branch ?? null,
    commitId: repository.commitId ?? null,
    path: repository.path ?? null,
    profiles: repository.meta?.profiles ?? [],
  };
}
