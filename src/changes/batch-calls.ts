import type { InvalidRequestError } from '../domain/errors.ts';
import { invalid } from '../http/mistakes.ts';
import type { BatchItemDto } from './batch.dto.ts';
import { orderOf } from './batch-items.ts';
import type { BegunChange, ChangeCall } from './changes.service.ts';

/** A batch, as its route was asked for it. */
export interface BatchCall {
  readonly items: readonly BatchItemDto[];
  readonly isPlan: boolean;
  readonly path: string;
  readonly requestId: string;
  readonly caller: string;
  readonly idempotencyKey: string | null;
  /** For the end of all. */
  readonly waitMs: number;
  readonly gone: AbortSignal;
}

/** An item, and how its change is asked for. */
export interface Asked {
  readonly item: BatchItemDto;
  readonly call: ChangeCall;
}

/** Each item as a change of its own, whose key is good for this very batch. */
export function askedOf(batch: BatchCall, said: string): readonly Asked[] {
  const { caller, idempotencyKey, items, path, requestId } = batch;
  return items.map((item, at) => ({
    item,
    call: {
      processId: item.id,
      method: 'POST',
      path,
      said: { said, at },
      requestId,
      caller,
      idempotencyKey: idempotencyKey === null ? null : `${idempotencyKey} ${at}`,
      keyScope: 'batch',
      read: () => orderOf(item),
    },
  }));
}

/** An item of which it is known what it is about. */
export interface FoundItem extends Asked {
  readonly begun: BegunChange;
  readonly things: readonly string[];
}

/** One that cannot be accepted. */
export interface RefusedItem extends Asked {
  readonly begun: null;
  readonly things: readonly [];
  readonly error: unknown;
}

export type SoughtItem = FoundItem | RefusedItem;

/**
 * Refuses those that are about what another item is about, which is one that an earlier request with the key of the batch has
 * had accepted, or else one before it: whoever repeats a batch has the same ones refused.
 */
export function withoutDoubles(items: readonly SoughtItem[]): readonly SoughtItem[] {
  const taken = items.filter((each) => each.begun !== null && each.begun.taken !== null);
  const about = new Set(taken.flatMap((each) => each.things));
  return items.map((each, at) => {
    if (each.begun?.taken !== null) return each;
    const { item, call, things } = each;
    const double = things.find((thing) => about.has(thing));
    if (double !== undefined)
      return { item, call, begun: null, things: [], error: namedTwice(at, double) };
    for (const thing of things) about.add(thing);
    return each;
  });
}

function namedTwice(at: number, thing: string): InvalidRequestError {
  const message = `is about ${thing}, as another item is`;
  return invalid('body', [{ at: `items[${at}].id`, message }], { outcome: 'not_sent' });
}
