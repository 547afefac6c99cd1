import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Native } from '../../domain/native.ts';
import {
  type Comparison,
  contentOf,
  filled,
  isContent,
  isReplaceable,
} from './odsl.configuration.ts';
import { sorted } from './odsl.secrets.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** What a configuration is to be, known again without its values, which may be long or secret. */
export const wishedShape = z.object({
  /** Members that it has. */
  given: z.array(z.string()),
  /** Members that it takes away. */
  taken: z.array(z.string()),
  /** SHA-256 of the canonical JSON of those that it has, in hexadecimal digits. */
  sha256: z.string(),
});
export type Wished = z.output<typeof wishedShape>;

/**
 * What of a file's configuration is saved. Its name is not: the documents make processes by their names, so that another one
 * could be another process.
 */
export function importable(configuration: Native): Native {
  const own = Object.entries(configuration).filter(
    ([field]) => isContent(field) && field !== 'name',
  );
  return Object.fromEntries(own);
}

/** What is kept of members that replace those that stand. */
export function wishedOf(members: Native): Wished {
  const given = contentOf(members);
  const taken = Object.keys(members).filter((field) => members[field] === null);
  return { given: Object.keys(given), taken, sha256: sha256Of(given) };
}

/** How a configuration compares with what it is to be; null where it is another. */
export function comparedBy(
  stands: ProcessWire,
  { given, taken, sha256 }: Wished,
): Comparison | null {
  const there = filled(contentOf(stands));
  const [named, gone] = [new Set(given), new Set(taken)];
  const own = Object.entries(there).filter(([field]) => named.has(field));
  if (sha256Of(Object.fromEntries(own)) !== sha256) return null;
  const goes = (field: string): boolean =>
    gone.has(field) || (isReplaceable(field) && !named.has(field));
  return { kept: Object.keys(there).filter(goes) };
}

function sha256Of(content: Native): string {
  return createHash('sha256')
    .update(sorted(filled(content)))
    .digest('hex');
}
