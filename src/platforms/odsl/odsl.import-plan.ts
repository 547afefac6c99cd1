import pMap from 'p-map';
import { z } from 'zod';
import type { ChangedItem } from '../../domain/change.ts';
import { InternalError } from '../../domain/errors.ts';
import type { ConflictMode, ImportFile, ImportRequest } from '../../domain/import.ts';
import type { Step } from '../stepped-change.ts';
import type { ImportSteps } from '../stepped-import.ts';
import { newReason } from './odsl.audit.ts';
import { contentsShape, type Packaged } from './odsl.inspection.ts';
import { itemOf } from './odsl.items.ts';
import { type MeantProcess, MeantProcesses } from './odsl.meant-processes.ts';
import type { OdslClient } from './odsl.client.ts';
import { seen, seenVersion, type Standing, standingOf } from './odsl.standing.ts';
import { comparedBy, wishedShape } from './odsl.wished.ts';

/** A configuration of a file as it is to be saved: where it is found, and what it is known again by. */
export const importOrder = z.object({
  op: z.literal('import'),
  id: z.string(),
  /** What the store opens the file by. */
  file: z.string(),
  /** Of the configuration, in the file. */
  index: z.int(),
  wished: wishedShape,
  /** The newest version before; null where there was no process. */
  before: seenVersion.nullable(),
  reason: z.string(),
});
export type ImportOrder = z.output<typeof importOrder>;

interface Brought extends Packaged {
  readonly file: string;
  readonly index: number;
}

interface Found extends MeantProcess {
  readonly brought: Brought;
  readonly standing: Standing | null;
}

/** Holds what files bring against what stands: nothing is sent. */
export async function importPlanOf(
  reads: OdslClient,
  { files, onConflict }: ImportRequest,
  { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
): Promise<ImportSteps<ImportOrder>> {
  const meant = new MeantProcesses(reads, signal);
  const find = async (brought: Brought): Promise<Found> => {
    const process = await meant.of(brought);
    return { ...process, brought, standing: await standingOf(reads, process.id, signal) };
  };
  const found = await pMap(files.flatMap(broughtBy), find, { concurrency });
  const items: ChangedItem[] = [];
  const steps: Step<ImportOrder>[] = [];
  for (const [place, each] of found.entries()) {
    const isFirst = found.findIndex(({ id }) => id === each.id) === place;
    const item = isFirst ? plannedOf(each, onConflict) : doubled(each);
    items.push(item);
    if (item.effect === 'created' || item.effect === 'new_version')
      steps.push({ item: place, order: orderOf(each) });
  }
  const newest = found.map(({ id, standing }) => [id, standing && seen(standing.versions[0])]);
  return { items, steps, basis: { newest } };
}

function broughtBy({ id: file, contents }: ImportFile): Brought[] {
  const { data, error } = contentsShape.safeParse(contents);
  if (data !== undefined)
    return data.configurations.map((each, index) => ({ ...each, file, index }));
  throw new InternalError('What was kept of a file cannot be read any more.', {
    sent: 'no',
    outcome: 'not_sent',
    cause: error,
  });
}

function plannedOf(found: Found, onConflict: ConflictMode): ChangedItem {
  const { id, standing, brought, doubt } = found;
  if (doubt !== null) return conflictOf(found, doubt);
  if (standing === null) return itemOf({ id, name: id, effect: 'created' });
  const about = { id, name: standing.wire.name ?? null };
  const stands = { ...about, version: standing.versions[0] };
  if (onConflict === 'error') return itemOf({ ...stands, effect: 'conflict' });
  if (onConflict === 'use-existing') return itemOf({ ...stands, effect: 'kept' });
  return comparedBy(standing.wire, brought)?.kept.length === 0
    ? itemOf({ ...stands, effect: 'unchanged' })
    : itemOf({ ...about, effect: 'new_version' });
}

function doubled(found: Found): ChangedItem {
  return conflictOf(found, `Another configuration of the same import is one of ${found.id}, too.`);
}

function conflictOf({ id, standing }: Found, detail: string): ChangedItem {
  const about = { id, name: standing?.wire.name ?? null, effect: 'conflict' } as const;
  const item = itemOf(standing === null ? about : { ...about, version: standing.versions[0] });
  return { ...item, problem: { code: 'conflict', detail } };
}

function orderOf({ id, standing, brought }: Found): ImportOrder {
  const { file, index, given, taken, sha256 } = brought;
  return {
    op: 'import',
    id,
    file,
    index,
    wished: { given, taken, sha256 },
    before: standing && seen(standing.versions[0]),
    reason: newReason(),
  };
}
