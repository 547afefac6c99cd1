import type { Connection } from '../connections/connection.ts';
import type { Deployment, DeploymentRecord } from '../domain/deployment.ts';
import { formatId } from '../domain/ids.ts';
import type { Link } from '../domain/link.ts';
import type { Native } from '../domain/native.ts';
import type {
  Process,
  ProcessDetail,
  ProcessDetailRecord,
  ProcessLinks,
  ProcessRecord,
} from '../domain/process.ts';
import type { Version, VersionRecord } from '../domain/version.ts';
import { link } from '../http/links.ts';

type Presenting = Pick<Connection, 'id' | 'platform' | 'capabilities'>;

/** A process as callers see it; `native` is the last member, where lists replace it. */
export function toProcess(connection: Presenting, record: ProcessRecord): Process {
  const id = formatId(connection.id, record.key);
  return {
    id,
    connection: connection.id,
    platform: connection.platform.name,
    key: record.key,
    name: record.name,
    description: record.description,
    kind: record.kind,
    enabled: record.enabled,
    latestVersion: record.latestVersion,
    labels: record.labels,
    service: record.service,
    schedule: record.schedule,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    updatedBy: record.updatedBy,
    capabilities: connection.capabilities,
    links: linksOf(connection, id, record.startPage),
    native: null,
  };
}

function linksOf({ capabilities }: Presenting, id: string, startPage: string | null): ProcessLinks {
  const where = (capability: Presenting['capabilities'][number], target: Link): Link | null =>
    capabilities.includes(capability) ? target : null;
  return {
    self: link`/v1/processes/${id}`,
    versions: where('versions', link`/v1/processes/${id}/versions`),
    package: where('packages', link`/v1/processes/${id}/package`),
    deployments: where('deployments', link`/v1/processes/${id}/deployments`),
    start: startPage === null ? null : { href: startPage, method: 'GET' },
  };
}

/** What a single process is made of; its native JSON comes only where it was asked for. */
export function toProcessDetail(
  connection: Presenting,
  record: Omit<ProcessDetailRecord, 'native'> & { readonly native: Native | null },
  resolvedVersion: string | null,
): ProcessDetail {
  const process = toProcess(connection, { ...record, native: {} });
  return {
    ...process,
    deployments:
      record.deployments?.map((each) => toDeployment(connection, record.key, each, false)) ?? null,
    inputSchema: record.inputSchema,
    configuration: record.configuration,
    resolvedVersion,
    native: record.native,
  };
}

export function toVersion(
  connection: Presenting,
  key: string,
  record: Omit<VersionRecord, 'native'> & { readonly native: Native | null },
  withNative: boolean,
): Version {
  const process = formatId(connection.id, key);
  return {
    process,
    version: record.version,
    versionId: record.versionId,
    displayVersion: record.displayVersion,
    isLatest: record.isLatest,
    tags: record.tags,
    active: record.active,
    description: record.description,
    changeNote: record.changeNote,
    configuration: record.configuration,
    createdAt: record.createdAt,
    createdBy: record.createdBy,
    links: {
      self: link`/v1/processes/${process}/versions/${record.version}`,
      process: link`/v1/processes/${process}`,
      package: connection.capabilities.includes('packages')
        ? link`/v1/processes/${process}/versions/${record.version}/package`
        : null,
    },
    native: withNative ? record.native : null,
  };
}

export function toDeployment(
  connection: Presenting,
  key: string,
  record: DeploymentRecord,
  withNative: boolean,
): Deployment {
  const process = formatId(connection.id, key);
  const { version } = record;
  return {
    id: record.id,
    nativeIds: record.nativeIds,
    process,
    version,
    name: record.name,
    description: record.description,
    target: record.target,
    triggersActive: record.triggersActive,
    settings: record.settings,
    deployedAt: record.deployedAt,
    deployedBy: record.deployedBy,
    links: {
      process: link`/v1/processes/${process}`,
      version:
        version === null || !connection.capabilities.includes('versions')
          ? null
          : link`/v1/processes/${process}/versions/${version}`,
    },
    native: withNative ? record.native : null,
  };
}
