import { z } from 'zod';
import type { VersionRecord } from '../../domain/version.ts';
import type { OdslClient } from './odsl.client.ts';
import { isAmbiguous } from './odsl.key.ts';
import { toVersion, toVersions, versionOf } from './odsl.mapper.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** What reads processes and their versions. */
export type ProcessReads = Pick<OdslClient, 'getProcess' | 'listVersions'>;

/** A process as it stands. */
export interface Standing {
  /** Its `_id`. */
  readonly id: string;
  readonly wire: ProcessWire;
  /** All of them, the newest first. */
  readonly versions: readonly [VersionRecord, ...VersionRecord[]];
}

/** What a version is known again by: numbers may be given anew once their version is gone. */
export const seenVersion = z.object({ version: z.string(), createdAt: z.string().nullable() });
export type SeenVersion = z.output<typeof seenVersion>;

/** The newest version of a process; null where there is no such process. */
export async function currentOf(
  reads: ProcessReads,
  id: string | null,
  signal: AbortSignal,
): Promise<ProcessWire | null> {
  const wire = id === null ? null : await reads.getProcess(id, null, signal);
  return wire !== null && id !== null && isAmbiguous(id) && wire._id !== id ? null : wire;
}

/** A process with its versions; one of which the platform lists no versions has the one that it shows. */
export async function standingOf(
  reads: ProcessReads,
  id: string | null,
  signal: AbortSignal,
): Promise<Standing | null> {
  const wire = await currentOf(reads, id, signal);
  if (wire === null) return null;
  const listed = toVersions((await reads.listVersions(wire._id, signal)) ?? []);
  const [newest = onlyVersionOf(wire), ...older] = listed;
  return { id: wire._id, wire, versions: [newest, ...older] };
}

function onlyVersionOf(wire: ProcessWire): VersionRecord {
  const version = versionOf(wire._version) ?? 'latest';
  return toVersion(wire, version, version);
}

/** What is kept of a version to know it again. */
export function seen({ version, createdAt }: VersionRecord): SeenVersion {
  return { version, createdAt };
}

/** Whether it is the version that was seen; without times its number has to do. */
export function isSame(record: VersionRecord, was: SeenVersion): boolean {
  const { createdAt } = record;
  const isOfThen = createdAt === null || was.createdAt === null || createdAt === was.createdAt;
  return record.version === was.version && isOfThen;
}

/** Versions are numbers: anything else in their place is taken for a tag. */
export function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}
