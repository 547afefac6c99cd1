import { z } from 'zod';
import type { Connection } from '../connections/connection.ts';
import { type ConflictMode, conflictModes, type ImportFile } from '../domain/import.ts';
import type { Native } from '../domain/native.ts';

const shape = z.object({
  promotion: z.object({
    from: z.string(),
    onConflict: z.enum(conflictModes),
    items: z.array(z.object({ key: z.string(), version: z.string().nullable() })),
  }),
});

/** Versions that are to be taken from one connection to another. */
export interface Promotion {
  /** Id of the connection that they come from. */
  readonly from: string;
  readonly onConflict: ConflictMode;
  /** By native key; null for the latest version once it is its turn. */
  readonly items: readonly PromotedItem[];
}

/** A version that is to be taken along. */
export interface PromotedItem {
  readonly key: string;
  readonly version: string | null;
}

/** What a promotion is kept as until it is its turn. */
export function keptPromotion(promotion: Promotion): Native {
  return { promotion };
}

/** The promotion that is still to be exported; null of one that was, and of imports. */
export function promotionIn(evidence: Native): Promotion | null {
  return shape.safeParse(evidence).data?.promotion ?? null;
}

/** What a plan of bringing such files into a connection is about. */
export function digestsOf(to: Connection, files: readonly ImportFile[]): readonly string[] {
  const { digestOf } = to.part('import');
  return files.map((file) => digestOf?.(file) ?? file.sha256);
}
