import type { ChangedItem, ChangeEffect } from '../../domain/change.ts';
import { encodeKey } from '../../domain/ids.ts';
import type { VersionRecord } from '../../domain/version.ts';

/** What a change does to a process, or to a version of it. */
export function itemOf(about: {
  /** `_id` after the change. */
  readonly id: string;
  readonly name: string | null;
  readonly version?: Pick<VersionRecord, 'version' | 'versionId'>;
  readonly effect: ChangeEffect;
}): ChangedItem {
  const { id, name, version, effect } = about;
  return {
    process: encodeKey([id]),
    name,
    version: version?.version ?? null,
    versionId: version?.versionId ?? null,
    deployment: null,
    effect,
    problem: null,
  };
}
