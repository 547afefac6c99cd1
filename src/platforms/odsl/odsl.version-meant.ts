import type { VersionRecord } from '../../domain/version.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import { isAmbiguous, isNarrow } from './odsl.key.ts';
import { versionOf } from './odsl.mapper.ts';
import { isNumber, type ProcessReads, type Standing } from './odsl.standing.ts';

/**
 * The version that a number, a tag or `latest` means, so that a call can name it by its number.
 * @throws NotFoundError when there is none, ConflictError when its number may mean another one
 */
export async function versionMeant(
  { reads, refusals }: Pick<ChangeTools, 'reads' | 'refusals'>,
  standing: Standing,
  word: string,
  signal: AbortSignal,
): Promise<VersionRecord> {
  const found = await versionNamed(reads, standing, word, signal);
  if (found === null || !isNumber(found.version)) throw refusals.noVersion(standing, word);
  const { version } = found;
  const other = standing.versions.find(({ tags }) => tags.includes(version));
  if (other !== undefined)
    throw refusals.conflict(
      `Version ${other.version} of ${standing.id} is tagged ${version}, and ${refusals.who} may take the one for the other. Take that tag away first.`,
    );
  return found;
}

async function versionNamed(
  reads: ProcessReads,
  { id, versions }: Standing,
  word: string,
  signal: AbortSignal,
): Promise<VersionRecord | null> {
  if (word === 'latest') return versions[0];
  const listed =
    versions.find(({ version }) => version === word) ??
    versions.find(({ tags }) => tags.includes(word));
  if (listed !== undefined) return listed;
  if (isNumber(word) || !isNarrow(word) || isAmbiguous(word)) return null;
  const wire = await reads.getProcess(id, word, signal);
  const number = versionOf(wire?._version);
  return versions.find(({ version }) => version === number) ?? null;
}
