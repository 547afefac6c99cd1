import type { InvalidRequestError } from '../domain/errors.ts';
import { invalid } from '../http/mistakes.ts';
import type { BatchItemDto } from './batch.dto.ts';
import { orderOf } from './batch-items.ts';
import type { ChangeCall } from './changes.service.ts';

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

/** Each item as a change of its own, whose key is good for this very batch, and which changes nothing that another item does. */
export function askedOf(batch: BatchCall, said: string): readonly Asked[] {
  const { caller, idempotencyKey, items, path, requestId } = batch;
  const about = new Set<string>();
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
      found: (things) => {
        const taken = things.find((thing) => about.has(thing));
        if (taken !== undefined) throw namedTwice(at, taken);
        for (const thing of things) about.add(thing);
      },
    },
  }));
}

function namedTwice(at: number, thing: string): InvalidRequestError {
  const message = `is about ${thing}, as another item is`;
  return invalid('body', [{ at: `items[${at}].id`, message }], { outcome: 'not_sent' });
}
