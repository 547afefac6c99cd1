import type { DeploymentRecord } from '../../domain/deployment.ts';
import { toInstant } from '../../domain/instant.ts';
import type { ProcessDetailRecord, ProcessKind, ProcessRecord } from '../../domain/process.ts';
import type { Target } from '../../domain/target.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { slimNative, wholeNative } from './frends.native.ts';
import { inputSchemaOf, schedulesOf } from './frends.triggers.ts';
import type { DeploymentWire, PlaceWire, ProcessListItemWire, ProcessWire } from './frends.wire.ts';

/** GUIDs of the processes that some deployment's triggers start. */
export function enabledGuids(deployments: readonly DeploymentWire[]): ReadonlySet<string> {
  const active = deployments.filter((deployment) => deployment.triggersActive === true);
  return new Set(active.map((deployment) => deployment.processGuid));
}

export function toListedProcess(
  wire: ProcessListItemWire,
  enabled: boolean,
  labels: readonly string[],
): ProcessRecord {
  return { ...toRecord(wire, enabled, labels), native: slimNative(wire) };
}

export function toProcessDetail(
  wire: ProcessWire,
  deployments: readonly DeploymentWire[],
  labels: readonly string[],
): ProcessDetailRecord {
  const enabled = enabledGuids(deployments).has(wire.uniqueIdentifier);
  return {
    ...toRecord(wire, enabled, labels),
    deployments: deployments.map(toDeployment),
    inputSchema: inputSchemaOf(wire.manualTrigger),
    configuration: null,
    native: wholeNative(wire),
  };
}

/** Triggers are switched per deployment, so a schedule runs where the process is enabled at all. */
function toRecord(
  wire: ProcessListItemWire,
  enabled: boolean,
  labels: readonly string[],
): Omit<ProcessRecord, 'native'> {
  return {
    key: wire.uniqueIdentifier,
    name: nameOf(wire),
    description: wire.description ?? null,
    kind: kindOf(wire),
    enabled,
    latestVersion: String(wire.version),
    labels,
    service: null,
    schedule: schedulesOf(wire.triggerData, enabled),
    createdAt: null,
    updatedAt: toInstant(wire.modified),
    updatedBy: wire.modifier ?? null,
    startPage: null,
  };
}

/** The platform demands a name of at least one character; a process is shown even where it fails to keep that. */
export function nameOf(wire: ProcessListItemWire): string {
  return wire.name === null || wire.name === undefined || wire.name === ''
    ? wire.uniqueIdentifier
    : wire.name;
}

/** So much of a name tells a process from others; nobody calls one longer. In UTF-16 code units. */
const longestName = 200;

/** A name as it is kept, and compared. */
export function keptName(name: string): string {
  return name.length <= longestName ? name : name.slice(0, longestName).toWellFormed();
}

function kindOf(wire: ProcessListItemWire): ProcessKind {
  if (wire.isSubprocess === true) return 'subprocess';
  return wire.isForMonitoringRule === true ? 'monitoring' : 'process';
}

/** A version as the list of versions shows it. */
export function toListedVersion(
  wire: ProcessListItemWire,
  latest: number,
  deployments: readonly DeploymentWire[],
): VersionRecord {
  return { ...toVersionFields(wire, latest, deployments), native: slimNative(wire) };
}

/** One version, whole. */
export function toVersion(
  wire: ProcessWire,
  latest: number,
  deployments: readonly DeploymentWire[],
): VersionRecord {
  return { ...toVersionFields(wire, latest, deployments), native: wholeNative(wire) };
}

function toVersionFields(
  wire: ProcessListItemWire,
  latest: number,
  deployments: readonly DeploymentWire[],
): Omit<VersionRecord, 'native'> {
  const { version, majorVersion: major, minorVersion: minor } = wire;
  const counted = (part: number | null | undefined): part is number => typeof part === 'number';
  return {
    version: String(version),
    versionId: String(wire.id),
    displayVersion: counted(major) && counted(minor) ? `${major}.${minor}` : String(version),
    isLatest: version === latest,
    tags: [],
    active: deployments.some((deployment) => deployment.processBuildVersion === version),
    description: wire.description ?? null,
    changeNote: wire.changeDescription ?? null,
    configuration: null,
    createdAt: toInstant(wire.modified),
    createdBy: wire.modifier ?? null,
  };
}

export function toDeployment(wire: DeploymentWire): DeploymentRecord {
  const { deploymentId, processId, processBuildVersion: version, agentGroup } = wire;
  return {
    id: String(deploymentId),
    nativeIds: {
      deploymentId: String(deploymentId),
      ...(processId === null || processId === undefined ? {} : { processId: String(processId) }),
    },
    version: version === null || version === undefined ? null : String(version),
    name: wire.processName ?? wire.processGuid,
    description: wire.description ?? null,
    target: {
      id: String(agentGroup.id),
      name: agentGroup.displayName ?? String(agentGroup.id),
      kind: 'agent_group',
    },
    triggersActive: wire.triggersActive ?? null,
    settings: null,
    deployedAt: toInstant(wire.deployedAtUtc),
    deployedBy: wire.deployedBy ?? null,
    native: wholeNative(wire),
  };
}

export function toTarget(environment: PlaceWire, agentGroup: PlaceWire): Target {
  const nameOfPlace = (place: PlaceWire): string => place.displayName ?? String(place.id);
  return {
    id: String(agentGroup.id),
    name: `${nameOfPlace(environment)} / ${nameOfPlace(agentGroup)}`,
    kind: 'agent_group',
  };
}
