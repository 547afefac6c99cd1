import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InternalError, type ErrorDetails, InvalidRequestError } from '../../domain/errors.ts';
import { conflictModes, type ImportFile, type ImportRequest } from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import { unpackGuids } from './guid-set.ts';

/** A process of the file. */
const wanted = z.object({
  guid: z.string(),
  name: z.string().nullable(),
  /** Equal where the content is; null where there is none to compare. */
  print: z.string().nullable(),
});
export type Wanted = z.output<typeof wanted>;

/** What the tenant had of a process before the import was sent. */
const before = z.object({
  highest: z.int(),
  /** The version that stood, with its id; null where the process did not stand. */
  stood: z.object({ version: z.int(), id: z.int() }).nullable(),
});
export type Before = z.output<typeof before>;

const prepared = z.object({
  file: z.object({
    id: z.string(),
    name: z.string(),
    length: z.number(),
    /** Null of those that were accepted before it was kept. */
    sha256: z.string().nullable().default(null),
  }),
  onConflict: z.enum(conflictModes),
  processes: z.array(wanted),
});
export type PreparedImport = z.output<typeof prepared>;

const observed = prepared.extend({
  /** In the order of the processes. */
  before: z.array(before),
  /** All GUIDs of the tenant, packed; null where the mode makes no new ones. */
  guids: z.string().nullable(),
});
/** What is kept of an import that is ready to be sent. */
export type ObservedImport = z.output<typeof observed>;

/** A process of the file, and what there was of it. */
export interface Target extends Wanted, Before {
  /** What becomes of it: nothing, a version under its own GUID, or a process under a new one. */
  readonly role: 'kept' | 'own' | 'copy';
}

const contentsShape = z.object({ prints: z.array(z.string().nullable()) });

/** @throws InvalidRequestError for several files: the platform takes one at a time, and nothing of another would be proved by it */
export function preparedOf(request: ImportRequest, refused: ErrorDetails): PreparedImport {
  const [file, ...more] = request.files;
  if (file === undefined || more.length > 0)
    throw new InvalidRequestError(
      'Frends takes one file at a time, which may hold several processes.',
      {
        ...refused,
        outcome: 'not_sent',
        errors: [{ at: 'file', message: 'must be one file' }],
      },
    );
  const { prints } = contentsShape.parse(file.contents);
  return {
    file: { id: file.id, name: file.name, length: file.length, sha256: file.sha256 },
    onConflict: request.onConflict,
    processes: file.items.map(({ process: guid, name }, index) => ({
      guid,
      name,
      print: prints[index] ?? null,
    })),
  };
}

/** Nothing promises the same bytes of two exports: what they bring is the same where versions, names and content are. */
export function exportDigest({ items, contents, sha256 }: ImportFile): string {
  const { prints } = contentsShape.parse(contents);
  if (prints.includes(null)) return sha256;
  const brought = items.map(({ process, name, version }, at) => [
    process,
    name,
    version,
    prints[at],
  ]);
  return createHash('sha256').update(JSON.stringify(brought)).digest('base64url');
}

export function readPrepared(evidence: Native): PreparedImport {
  return read(prepared, evidence);
}

export function readObserved(evidence: Native): ObservedImport {
  return read(observed, evidence);
}

export function isMakingNew({ onConflict }: Pick<PreparedImport, 'onConflict'>): boolean {
  return onConflict === 'new-active' || onConflict === 'new-inactive';
}

export function targetsOf(seen: ObservedImport): readonly Target[] {
  return seen.processes.map((process, index) => {
    const had = seen.before[index] ?? { highest: 0, stood: null };
    return { ...process, ...had, role: roleOf(seen, had) };
  });
}

function roleOf(seen: ObservedImport, { stood }: Before): Target['role'] {
  if (stood === null) return 'own';
  if (seen.onConflict === 'use-existing') return 'kept';
  return isMakingNew(seen) ? 'copy' : 'own';
}

/** The GUIDs that the tenant had, or that the file names: none of them is new. */
export function knownGuids({ guids, processes }: ObservedImport): ReadonlySet<string> {
  return new Set([...unpackGuids(guids ?? ''), ...processes.map(({ guid }) => guid)]);
}

function read<S extends z.ZodType>(shape: S, evidence: Native): z.output<S> {
  const { data, error } = shape.safeParse(evidence);
  if (data !== undefined) return data;
  throw new InternalError('What was stored of an import cannot be read any more.', {
    sent: 'no',
    outcome: 'not_sent',
    cause: error,
  });
}
