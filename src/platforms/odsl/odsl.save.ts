import { z } from 'zod';
import { compared, type Comparison, type Merged, mergedWith } from './odsl.configuration.ts';
import { seenVersion } from './odsl.standing.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** A save as it is stored: what is merged with is read when it leaves, so that no secret of the platform is kept here. */
export const saveOrder = z.object({
  op: z.literal('save'),
  id: z.string(),
  members: z.record(z.string(), z.unknown()),
  replaces: z.boolean(),
  /** The newest version before; null where there was no process. */
  before: seenVersion.nullable(),
  /** The version that has to be the newest one still, `*`: that there is one; null: any. */
  onlyIf: z.string().nullable(),
  reason: z.string(),
});
export type SaveOrder = z.output<typeof saveOrder>;

/** A save as far as it is found again by it. */
export interface Save extends Pick<SaveOrder, 'id' | 'replaces' | 'before' | 'onlyIf' | 'reason'> {
  /** How what stands compares with what it is to be; null where it is another. */
  readonly compared: (stands: ProcessWire) => Comparison | null;
  /** Whether what others have saved since `before` stands in the way; without numbers of versions nothing can be told of that. */
  readonly isOfSeen?: true;
}

/** A save that can be sent. */
export interface WholeSave extends Save {
  readonly merged: (stands: ProcessWire | null) => Merged;
}

/** What an order says is saved. */
export function saveOf(order: SaveOrder): WholeSave {
  return {
    ...order,
    compared: (stands) => compared(stands, order),
    merged: (stands) => mergedWith(order.id, stands, order),
  };
}
