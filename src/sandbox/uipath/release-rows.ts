import type { Entity } from './query.ts';
import {
  currentVersion,
  type StoredFolder,
  type StoredRelease,
  type StoredReleaseVersion,
} from './state.ts';

/** A release, as a row of OData `Releases`. */
export interface ReleaseRow {
  readonly release: StoredRelease;
  readonly folder: StoredFolder;
  /** The highest version of its package; null when the package was deleted. */
  readonly newest: () => string | null;
}

/** `ReleaseDto`. */
export const releaseEntity: Entity<ReleaseRow> = {
  name: 'Releases',
  members: {
    Id: { type: 'number', of: ({ release }) => release.id },
    // Not a GUID in the platform's model: a bare one is refused.
    Key: { type: 'string', of: ({ release }) => release.key },
    Name: { type: 'string', of: ({ release }) => release.name },
    ProcessKey: { type: 'string', of: ({ release }) => release.processKey },
    ProcessVersion: { type: 'string', of: ({ release }) => currentVersion(release).version },
    IsLatestVersion: { type: 'boolean', of: isLatest },
    Description: { type: 'string', of: ({ release }) => release.description },
    CreationTime: { type: 'date', of: ({ release }) => release.createdAt },
    LastModificationTime: { type: 'date', of: ({ release }) => release.modifiedAt },
  },
  expands: ['CurrentVersion', 'ReleaseVersions', 'EntryPoint'],
  show: showRelease,
};

function isLatest({ release, newest }: ReleaseRow): boolean {
  return newest() === currentVersion(release).version;
}

/** The members that callers may set, and what a release shows where nobody did. */
export const settable = {
  EntryPointId: null,
  EntryPointPath: null,
  InputArguments: null,
  EnvironmentVariables: '',
  AutoUpdate: false,
  HiddenForAttendedUser: false,
  JobPriority: 'Normal',
  SpecificPriorityValue: 45,
  RobotSize: null,
  RemoteControlAccess: 'None',
  ProcessSettings: null,
  VideoRecordingSettings: null,
  AutomationHubIdeaUrl: null,
  Tags: [],
};

function showRelease(row: ReleaseRow, expanded: ReadonlySet<string>): Record<string, unknown> {
  const { release, folder } = row;
  const current = currentVersion(release);
  return {
    Key: release.key,
    ProcessKey: release.processKey,
    ProcessVersion: current.version,
    IsLatestVersion: isLatest(row),
    IsProcessDeleted: row.newest() === null,
    Description: release.description,
    Name: release.name,
    ProcessType: 'Process',
    SupportsMultipleEntryPoints: true,
    RequiresUserInteraction: false,
    IsConversational: null,
    MinRequiredRobotVersion: null,
    IsAttended: false,
    IsCompiled: true,
    ...settable,
    ...release.kept,
    FeedId: folder.feedId,
    FolderKey: folder.key,
    OrganizationUnitId: folder.id,
    OrganizationUnitFullyQualifiedName: folder.path,
    TargetFramework: 'Portable',
    LastModificationTime: release.modifiedAt,
    LastModifierUserId: release.modifiedAt === null ? null : 12,
    CreationTime: release.createdAt,
    CreatorUserId: 12,
    Id: release.id,
    Arguments: { Input: null, Output: null },
    ...(expanded.has('CurrentVersion') ? { CurrentVersion: versionRow(release, current) } : {}),
    ...(expanded.has('ReleaseVersions')
      ? { ReleaseVersions: release.versions.map((each) => versionRow(release, each)) }
      : {}),
    ...(expanded.has('EntryPoint') ? { EntryPoint: null } : {}),
  };
}

function versionRow(release: StoredRelease, each: StoredReleaseVersion): Record<string, unknown> {
  return {
    ReleaseId: release.id,
    VersionNumber: each.version,
    CreationTime: each.at,
    ReleaseName: release.name,
    Id: each.id,
  };
}
