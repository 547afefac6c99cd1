import type { OdslClient } from './odsl.client.ts';
import { isAmbiguous, isNarrow } from './odsl.key.ts';
import { versionOf } from './odsl.mapper.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** A version as it was found, and which one is the newest. */
export interface FoundVersion {
  /** `_id` of the process; older versions have another one of their own. */
  readonly process: string;
  readonly wire: ProcessWire;
  readonly version: string;
  readonly latest: string | null;
}

/** The version of a process that a number, a tag or `latest` means; null when there is none. */
export async function foundVersion(
  client: Pick<OdslClient, 'getProcess'>,
  current: ProcessWire,
  version: string,
  signal: AbortSignal,
): Promise<FoundVersion | null> {
  const process = current._id;
  const latest = versionOf(current._version);
  if (version === 'latest' || version === latest)
    return { process, wire: current, version: latest ?? 'latest', latest: latest ?? 'latest' };
  if (!isNarrow(version) || isAmbiguous(version)) return null;
  const wire = await client.getProcess(process, version, signal);
  return wire === null
    ? null
    : { process, wire, version: versionOf(wire._version) ?? version, latest };
}
