import { ApiHeader } from '@nestjs/swagger';

const once =
  'does nothing again and answers with what the first one made (`Idempotency-Replayed: ?1`): with the status of that answer, or how it stands now where it waits, so that a repeated 202 ends as 200';

/** Documents the key under which a write is done once; `again` is what the same request with it does. */
export const ApiIdempotencyKey = (example = 'payment-2026-11-21', again = once): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: `Made anew by the caller for each thing that is to be done once, 1 to 255 characters: the same request with the same key, within seven days, ${again}. While the first one is still on its way it is 409 with \`retryable: true\` and \`Retry-After: 1\`.`,
    schema: { type: 'string', example },
  });

/** Documents that an answer is of an earlier request. */
export const replayedHeader = {
  'Idempotency-Replayed': {
    description: '`?1` when an earlier request with this key has done it.',
    schema: { type: 'string' as const },
    example: '?1',
  },
};
