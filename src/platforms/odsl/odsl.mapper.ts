import { encodeKey } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import type { ProcessDetailRecord, ProcessRecord, Schedule } from '../../domain/process.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { ProcessWire, VersionWire } from './odsl.wire.ts';

/** The grammar `MINUTE HOUR DOM MONTH DOW YEAR [TZ]`: neither Unix cron nor Quartz. */
export const odslCron = 'odsl-cron';

/** What the platform keeps of a stored item itself; the rest is the configuration. */
const serverFields = new Set(['_id', '_oid', '_version', '_timestamp', '_user', '_tag']);

const listFields = [
  '_id',
  '_type',
  '_version',
  '_timestamp',
  '_user',
  '_tag',
  'service',
  'name',
  'description',
  'script',
  'workflow',
  'cron',
  'enabled',
  'environment',
  'tags',
] as const;

/** An item of the list, without input, properties and settings, which may be large. */
export function toListedProcess(wire: ProcessWire): ProcessRecord {
  const slim = listFields.filter((field) => wire[field] !== undefined);
  return {
    ...toRecord(wire),
    native: Object.fromEntries(slim.map((field) => [field, wire[field]])),
  };
}

export function toProcessDetail(wire: ProcessWire): ProcessDetailRecord {
  return {
    ...toRecord(wire),
    deployments: null,
    inputSchema: inputSchemaOf(wire.input ?? null),
    configuration: configurationOf(wire),
    native: wire,
  };
}

function toRecord(wire: ProcessWire): Omit<ProcessRecord, 'native'> {
  return {
    key: encodeKey([wire._id]),
    name: wire.name ?? wire._id,
    description: wire.description ?? null,
    kind: 'process',
    enabled: wire.enabled ?? null,
    latestVersion: versionOf(wire._version),
    labels: wire.tags ?? [],
    service: wire.service ?? null,
    schedule: scheduleOf(wire),
    createdAt: null,
    updatedAt: toInstant(wire._timestamp),
    updatedBy: wire._user ?? null,
    startPage: null,
  };
}

function scheduleOf(wire: ProcessWire): readonly Schedule[] | null {
  if (wire.cron === null || wire.cron === undefined || wire.cron === '') return null;
  const active = wire.enabled ?? true;
  return [{ expression: wire.cron, dialect: odslCron, timezone: null, active }];
}

function versionOf(version: string | number | null | undefined): string | null {
  return version === null || version === undefined ? null : String(version);
}

function configurationOf(wire: ProcessWire): Native {
  return Object.fromEntries(Object.entries(wire).filter(([field]) => !serverFields.has(field)));
}

/** The stored input are defaults: a run may give others, and none is required. */
function inputSchemaOf(input: Readonly<Record<string, unknown>> | null): Native | null {
  if (input === null) return null;
  const properties = Object.entries(input).map(([name, value]) => [name, propertySchema(value)]);
  return { type: 'object', properties: Object.fromEntries(properties) as Native };
}

function propertySchema(value: unknown): Native {
  if (value === null) return {};
  const type = Array.isArray(value) ? 'array' : typeof value;
  return { type, default: value };
}

/** Versions as the platform lists them: who, when and which tags; the newest first. */
export function toVersions(wires: readonly VersionWire[]): VersionRecord[] {
  const known = wires
    .map((wire) => ({ wire, version: versionOf(wire.version ?? wire._version) }))
    .filter((each): each is { wire: VersionWire; version: string } => each.version !== null)
    .sort((a, b) => Number(b.version) - Number(a.version));
  return known.map(({ wire, version }, index) => ({
    ...versionFields(version, index === 0),
    versionId: wire.id ?? wire._id ?? null,
    tags: wire.tags ?? wire._tag ?? [],
    description: null,
    configuration: null,
    createdAt: toInstant(wire.timestamp ?? wire._timestamp),
    createdBy: wire.user ?? wire._user ?? null,
    native: wire,
  }));
}

/** One version, with its configuration. */
export function toVersion(
  wire: ProcessWire,
  version: string,
  latest: string | null,
): VersionRecord {
  return {
    ...versionFields(version, version === latest),
    versionId: wire._id,
    tags: wire._tag ?? [],
    description: wire.description ?? null,
    configuration: configurationOf(wire),
    createdAt: toInstant(wire._timestamp),
    createdBy: wire._user ?? null,
    native: wire,
  };
}

/** The newest version is the one that runs. */
function versionFields(
  version: string,
  isLatest: boolean,
): Pick<VersionRecord, 'version' | 'displayVersion' | 'isLatest' | 'active' | 'changeNote'> {
  return { version, displayVersion: version, isLatest, active: isLatest, changeNote: null };
}
