import { uniqueBy } from '../unique.ts';
import type { ProcessListItemWire } from './frends.wire.ts';

/** One process over its versions. */
export interface Lineage {
  /** The version that stands for it. */
  readonly current: ProcessListItemWire;
  /** Every version but deleted ones and drafts, newest first. */
  readonly versions: readonly ProcessListItemWire[];
}

/** Whether a version can be looked at and exported: lists also hold deleted ones and drafts. */
export function isLive(wire: ProcessListItemWire): boolean {
  return wire.isDeleted !== true && wire.isDraft !== true;
}

function isCurrent(wire: ProcessListItemWire): boolean {
  return isLive(wire) && wire.isNotLatestVersion !== true;
}

/** The version that stands for each process; where two claim it, because the list changed under the walk, the newer. */
export function currentVersions(wires: readonly ProcessListItemWire[]): ProcessListItemWire[] {
  const current = wires.filter(isCurrent).sort((a, b) => a.version - b.version);
  return uniqueBy(current, (wire) => wire.uniqueIdentifier);
}

/** The process of this GUID among some versions; null when none of them stands for it. */
export function lineageOf(guid: string, wires: readonly ProcessListItemWire[]): Lineage | null {
  const live = wires.filter((wire) => wire.uniqueIdentifier === guid && isLive(wire));
  const versions = uniqueBy(live, (wire) => String(wire.version)).sort(
    (a, b) => b.version - a.version,
  );
  const current = versions.find(isCurrent);
  return current === undefined ? null : { current, versions };
}

/** The version of this number, or `latest`: the one that stands for the process. */
export function versionOf(lineage: Lineage | null, version: string): ProcessListItemWire | null {
  if (lineage === null) return null;
  if (version === 'latest') return lineage.current;
  return lineage.versions.find((wire) => String(wire.version) === version) ?? null;
}

/** Whether a text is a GUID in its canonical spelling, which needs no encoding in a key. */
export function isGuid(text: string): boolean {
  return /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/.test(text);
}

/** Whether a text can be the id of a version: a whole number without leading zeros, as large as JSON can carry one exactly. */
export function isVersionId(text: string): boolean {
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text));
}
