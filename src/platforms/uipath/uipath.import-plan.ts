import { z } from 'zod';
import type { ChangedItem, ChangeEffect } from '../../domain/change.ts';
import { InternalError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import type { ImportFile, ImportRequest } from '../../domain/import.ts';
import type { ImportSteps } from '../stepped-import.ts';
import { packageOf } from './uipath.key.ts';
import { textOr } from './uipath.mapper.ts';
import { sameVersion } from './uipath.release-orders.ts';
import type { PackageWire } from './uipath.wire.ts';

/** An upload, as it is kept. */
export const uploadOrder = z.object({
  /** Of the stored file. */
  file: z.string(),
  length: z.int(),
  sha256: z.string(),
  /** Of the package, as the feed writes it, else as the file does. */
  id: z.string(),
  version: z.string(),
  feedId: z.string().nullable(),
});
export type UploadOrder = z.output<typeof uploadOrder>;

/** A file, what it brings, and every version of that package as it stands now. */
export interface ArrivingPackage {
  readonly file: ImportFile;
  readonly id: string;
  readonly version: string;
  readonly name: string | null;
  readonly standing: readonly PackageWire[];
}

/** What comes of each file, one after the other. */
interface Arrival {
  readonly item: ChangedItem;
  readonly order: UploadOrder | null;
  /** What of the feed that depends on. */
  readonly basis: object;
}

/** The package of a file. @throws InternalError for what was kept by nobody who has looked into it */
export function packageIn({ items }: ImportFile): Omit<ArrivingPackage, 'file' | 'standing'> {
  const [item, ...more] = items;
  const id = packageOf(item?.process ?? '');
  const version = item?.version ?? null;
  if (more.length === 0 && id !== null && version !== null)
    return { id, version, name: item?.name ?? null };
  throw new InternalError('What was stored of a package cannot be read any more.', {
    sent: 'no',
    outcome: 'not_sent',
  });
}

/** What an import does as the feed stands: nothing of it is sent where one of its versions stands and must not. */
export function plannedImport(
  packages: readonly ArrivingPackage[],
  feedId: string | null,
  onConflict: ImportRequest['onConflict'],
): ImportSteps<UploadOrder> {
  const taken: ChangeEffect = onConflict === 'use-existing' ? 'kept' : 'conflict';
  const arrivals: Arrival[] = [];
  for (const each of packages) {
    const before = arrivals.flatMap(({ order }) => order ?? []);
    arrivals.push(arrivalOf(each, before, { feedId, taken }));
  }
  const items = arrivals.map(({ item }) => item);
  const isRefused = items.some(({ effect }) => effect === 'conflict');
  const steps = arrivals.flatMap(({ order }, item) => (order === null ? [] : [{ item, order }]));
  const basis = { feed: feedId, packages: arrivals.map((each) => each.basis) };
  return { items, steps: isRefused ? [] : steps, basis };
}

/** `before` come with the same import, ahead of it. */
function arrivalOf(
  arriving: ArrivingPackage,
  before: readonly UploadOrder[],
  { feedId, taken }: { readonly feedId: string | null; readonly taken: ChangeEffect },
): Arrival {
  const { standing, version, file } = arriving;
  const id = standing[0]?.Id ?? arriving.id;
  const own = before.filter((each) => each.id.toLowerCase() === id.toLowerCase());
  const held = standing.find((wire) => sameVersion(wire.Version, version));
  const twin = own.find((each) => sameVersion(each.version, version));
  const isFirst = standing.length === 0 && own.length === 0;
  const item = (effect: ChangeEffect, numbered: string, versionId: string | null): ChangedItem => ({
    process: encodeKey([own[0]?.id ?? id]),
    name: textOr(standing[0]?.Title, arriving.name ?? id),
    version: numbered,
    versionId,
    deployment: null,
    effect,
    problem: null,
  });
  const basis = { id, version: held?.Version ?? null, isNew: standing.length === 0 };
  if (held !== undefined)
    return { item: item(taken, held.Version, keyOf(held)), order: null, basis };
  if (twin !== undefined) return { item: item(taken, twin.version, null), order: null, basis };
  const { id: stored, length, sha256 } = file;
  const order = { file: stored, length, sha256, id: own[0]?.id ?? id, version, feedId };
  return { item: item(isFirst ? 'created' : 'new_version', version, null), order, basis };
}

/** `Id:Version`. */
export function keyOf({ Id, Version, Key }: PackageWire): string {
  return textOr(Key, `${Id}:${Version}`);
}
