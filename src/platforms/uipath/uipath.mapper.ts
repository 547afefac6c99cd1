import { encodeKey } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import type { Native } from '../../domain/native.ts';
import type { ProcessDetailRecord, ProcessRecord } from '../../domain/process.ts';
import type { Target } from '../../domain/target.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { inputArgumentsOf } from './input-arguments.ts';
import { inputSchemaOf } from './input-schema.ts';
import { compareNugetVersions } from './nuget-version.ts';
import type { FolderName } from './uipath.config.ts';
import { folderText } from './uipath.folder.ts';
import type { ArgumentsWire, FolderWire, PackageWire, ReleaseWire } from './uipath.wire.ts';

/** The small members of a row: arguments, entry points and release notes may be large. */
const listFields = [
  'Id',
  'Key',
  'Version',
  'Title',
  'Published',
  'IsActive',
  'IsLatestVersion',
  'OldVersion',
  'Authors',
  'Tags',
  'PackageType',
  'ProjectType',
  'TargetFramework',
  'MainEntryPointPath',
  'SupportsMultipleEntryPoints',
  'RequiresUserInteraction',
  'IsAttended',
  'IsCompiled',
  'ProjectUrl',
  'LicenseUrl',
] as const;

/** One row per package, its newest version, whatever else the list shows. */
export function newestOfEach(wires: readonly PackageWire[]): PackageWire[] {
  const newest = new Map<string, PackageWire>();
  for (const wire of wires) {
    const held = newest.get(wire.Id);
    if (held === undefined || isNewer(wire, held)) newest.set(wire.Id, wire);
  }
  return [...newest.values()];
}

function isNewer(wire: PackageWire, than: PackageWire): boolean {
  return compareNugetVersions(wire.Version, than.Version) > 0;
}

/** `enabled` is whether a release of it stands in the connection's folder; null without a folder. */
export function toListedProcess(wire: PackageWire, enabled: boolean | null): ProcessRecord {
  return { ...toRecord(wire, enabled), native: slim(wire) };
}

/** `input` is what the platform says of the arguments. */
export function toProcessDetail(
  wire: PackageWire,
  deployments: readonly DeploymentRecord[] | null,
  input: ArgumentsWire | null,
): ProcessDetailRecord {
  return {
    ...toRecord(wire, deployments === null ? null : deployments.length > 0),
    deployments,
    inputSchema: inputSchemaOf(input),
    configuration: null,
    native: wire,
  };
}

function toRecord(wire: PackageWire, enabled: boolean | null): Omit<ProcessRecord, 'native'> {
  return {
    key: encodeKey([wire.Id]),
    name: textOr(wire.Title, wire.Id),
    description: wire.Description ?? null,
    kind: wire.PackageType === 'ProcessLibrary' ? 'library' : 'process',
    enabled,
    latestVersion: wire.Version,
    labels: labelsOf(wire.Tags),
    service: null,
    schedule: null,
    createdAt: null,
    updatedAt: toInstant(wire.Published),
    updatedBy: null,
    startPage: null,
  };
}

function slim(wire: PackageWire): Native {
  const kept = listFields.filter((field) => wire[field] !== undefined);
  return Object.fromEntries(kept.map((field) => [field, wire[field]]));
}

/** A text, or another one where it is empty. */
export function textOr(text: string | null | undefined, otherwise: string): string {
  return text === null || text === undefined || text.trim() === '' ? otherwise : text;
}

/** NuGet writes them with blanks between; people also use commas and semicolons. */
function labelsOf(tags: string | null | undefined): string[] {
  const labels = (tags ?? '').split(/[\s,;]+/).filter((label) => label !== '');
  return [...new Set(labels)];
}

/** The versions of one package, newest first; the newest is the latest where no row says that it is. */
export function toVersions(wires: readonly PackageWire[]): VersionRecord[] {
  const ordered = inOrder(wires);
  return ordered.map((wire) => ({ ...versionFields(wire, ordered), native: slim(wire) }));
}

/** One of the versions, whole: by its number in whatever spelling, or `latest`. */
export function toVersion(wires: readonly PackageWire[], version: string): VersionRecord | null {
  const ordered = inOrder(wires);
  const wire =
    version === 'latest'
      ? latestOf(ordered)
      : (ordered.find((each) => each.Version === version) ??
        ordered.find((each) => compareNugetVersions(each.Version, version) === 0));
  return wire === undefined ? null : { ...versionFields(wire, ordered), native: wire };
}

function inOrder(wires: readonly PackageWire[]): PackageWire[] {
  const unique = new Map(wires.map((wire) => [wire.Version, wire]));
  return [...unique.values()].sort((a, b) => compareNugetVersions(b.Version, a.Version));
}

function latestOf(ordered: readonly PackageWire[]): PackageWire | undefined {
  return ordered.find((wire) => wire.IsLatestVersion === true) ?? ordered[0];
}

function versionFields(
  wire: PackageWire,
  ordered: readonly PackageWire[],
): Omit<VersionRecord, 'native'> {
  return {
    version: wire.Version,
    versionId: wire.Key ?? `${wire.Id}:${wire.Version}`,
    displayVersion: wire.Version,
    isLatest: wire === latestOf(ordered),
    tags: [],
    active: wire.IsActive ?? null,
    description: wire.Description ?? null,
    changeNote: wire.ReleaseNotes ?? null,
    configuration: null,
    createdAt: toInstant(wire.Published),
    createdBy: wire.Authors ?? null,
  };
}

/** A release. Its environment variables may be secrets: they go nowhere. */
export function toDeployment(wire: ReleaseWire, folder: FolderName): DeploymentRecord {
  const id = String(wire.Id);
  const input = inputArgumentsOf(wire.InputArguments);
  return {
    id,
    nativeIds: { id, key: wire.Key },
    version: wire.ProcessVersion,
    name: textOr(wire.Name, wire.ProcessKey),
    // A change that takes one away leaves an empty text.
    description: wire.Description === '' ? null : (wire.Description ?? null),
    target: targetOfRelease(wire, folder),
    triggersActive: null,
    settings: {
      jobPriority: wire.JobPriority ?? null,
      specificPriority: wire.SpecificPriorityValue ?? null,
      autoUpdate: wire.AutoUpdate ?? null,
      inputArguments: input,
      entryPointPath: wire.EntryPointPath ?? null,
      processType: wire.ProcessType ?? null,
    },
    deployedAt:
      toInstant(wire.CurrentVersion?.CreationTime) ??
      toInstant(wire.LastModificationTime) ??
      toInstant(wire.CreationTime),
    deployedBy: null,
    native: nativeOf(wire, input),
  };
}

/** Arguments stay JSON in a string; those that cannot be read, so that nobody knows what is secret, stay out. */
function nativeOf({ InputArguments: given, ...wire }: ReleaseWire, input: unknown): Native {
  const shown = input === null ? given : JSON.stringify(input);
  const isUnread = input === null && typeof given === 'string' && !/^\s*(?:null\s*)?$/.test(given);
  const members = given === undefined || isUnread ? wire : { ...wire, InputArguments: shown };
  return Object.fromEntries(
    Object.entries(members).filter(([member]) => member !== 'EnvironmentVariables'),
  );
}

function targetOfRelease(wire: ReleaseWire, folder: FolderName): Target {
  const configured = folderText(folder);
  const id = wire.OrganizationUnitId ?? null;
  const name = textOr(wire.OrganizationUnitFullyQualifiedName, configured);
  return { id: id === null ? configured : String(id), name, kind: 'folder' };
}

export function toTarget(wire: FolderWire): Target {
  const id = String(wire.Id);
  const name = textOr(wire.FullyQualifiedName, textOr(wire.DisplayName, id));
  return { id, name, kind: 'folder' };
}
