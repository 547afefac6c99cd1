import { encodeKey } from '../../domain/ids.ts';
import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import type { ProcessDetailRecord, ProcessRecord, Schedule } from '../../domain/process.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { uniqueBy } from '../unique.ts';
import { isSecretName, withoutSecrets } from '../secret-names.ts';
import { configurationOf, slimNative } from './odsl.native.ts';
import type { ProcessWire, VersionWire } from './odsl.wire.ts';

/** The grammar `MINUTE HOUR DOM MONTH DOW YEAR [TZ]`: neither Unix cron nor Quartz. */
export const odslCron = 'odsl-cron';

export function toListedProcess(wire: ProcessWire): ProcessRecord {
  return { ...toRecord(wire), native: slimNative(wire) };
}

export function toProcessDetail(wire: ProcessWire): ProcessDetailRecord {
  return {
    ...toRecord(wire),
    deployments: null,
    inputSchema: inputSchemaOf(wire),
    configuration: configurationOf(wire),
    native: withoutSecrets(wire),
  };
}

function toRecord(wire: ProcessWire): Omit<ProcessRecord, 'native'> {
  return {
    key: encodeKey([wire._id]),
    name: nameOf(wire),
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

/** A process is shown even where its name, or its name and its id, are blank. */
function nameOf({ name, _id }: ProcessWire): string {
  return [name ?? '', _id].find((text) => text.trim() !== '') ?? encodeKey([_id]);
}

function scheduleOf(wire: ProcessWire): readonly Schedule[] | null {
  if (wire.cron === null || wire.cron === undefined || wire.cron.trim() === '') return null;
  const active = wire.enabled ?? true;
  return [{ expression: wire.cron, dialect: odslCron, timezone: null, active }];
}

/** A number or, in some answers, its text. */
export function versionOf(version: string | number | null | undefined): string | null {
  return version === null || version === undefined || version === '' ? null : String(version);
}

/** The stored input are defaults: a run may give others, and none is required. */
function inputSchemaOf({ input }: ProcessWire): Native | null {
  if (input === null || input === undefined) return null;
  const properties = Object.entries(withoutSecrets(input)).map(([name, value]) => [
    name,
    propertySchema(name, value),
  ]);
  return { type: 'object', properties: Object.fromEntries(properties) as Native };
}

function propertySchema(name: string, value: unknown): Native {
  if (value === null) return {};
  const type = Array.isArray(value) ? 'array' : typeof value;
  return isSecretName(name) ? { type } : { type, default: value };
}

/** Versions as the platform lists them: who, when and which tags; each once, the newest first. */
export function toVersions(wires: readonly VersionWire[]): VersionRecord[] {
  const known = wires
    .map((wire) => ({ wire, version: versionOf(wire.version ?? wire._version) }))
    .filter((each): each is { wire: VersionWire; version: string } => each.version !== null);
  const newestFirst = uniqueBy(known, (each) => each.version).sort((a, b) =>
    compareVersions(b.version, a.version),
  );
  return newestFirst.map(({ wire, version }, index) => ({
    ...versionFields(version, index === 0),
    versionId: wire.id ?? wire._id ?? null,
    tags: wire.tags ?? wire._tag ?? [],
    description: null,
    configuration: null,
    createdAt: toInstant(wire.timestamp ?? wire._timestamp),
    createdBy: wire.user ?? wire._user ?? null,
    native: withoutSecrets(wire),
  }));
}

/** Versions are numbers; what is none, which no document speaks of, is older than all of them. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => (/^\d+$/.test(version) ? Number(version) : -1));
  return (left ?? -1) - (right ?? -1) || (a < b ? -1 : a > b ? 1 : 0);
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
    native: withoutSecrets(wire),
  };
}

/** The newest version is the one that runs. */
function versionFields(
  version: string,
  isLatest: boolean,
): Pick<VersionRecord, 'version' | 'displayVersion' | 'isLatest' | 'active' | 'changeNote'> {
  return { version, displayVersion: version, isLatest, active: isLatest, changeNote: null };
}
